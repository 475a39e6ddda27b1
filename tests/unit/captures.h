/* Real and malformed captures for the tests: the pcap files below $MIRRORSH_DATA/pcaps. */
#ifndef MIRRORSH_TESTS_CAPTURES_H
#define MIRRORSH_TESTS_CAPTURES_H

#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct record {
    uint32_t captured, length;
    uint8_t *bytes;
};

struct capture {
    uint32_t link_type; /* 1: Ethernet */
    size_t count;
    struct record *records;
};

/* The classic format, in this machine's byte order. Consumes the stream. */
static inline struct capture capture_read(FILE *file)
{
    struct capture capture = {0};
    uint32_t head[6], packet[4];
    if (fread(head, sizeof head, 1, file) != 1 || (head[0] & 0xffff00ff) != 0xa1b200d4)
        return capture;
    capture.link_type = head[5];
    while (fread(packet, sizeof packet, 1, file) == 1 && packet[2] < 1 << 20) {
        capture.records = realloc(capture.records, (capture.count + 1) * sizeof *capture.records);
        struct record *record = &capture.records[capture.count++];
        *record = (struct record){packet[2], packet[3], malloc(packet[2] ? packet[2] : 1)};
        record->captured = (uint32_t)fread(record->bytes, 1, packet[2], file);
        if (record->length < record->captured)
            record->length = record->captured;
    }
    return capture;
}

static inline void capture_free(struct capture *capture)
{
    for (size_t i = 0; i < capture->count; i++)
        free(capture->records[i].bytes);
    free(capture->records);
}

typedef void capture_visit(void *context, const char *path, const struct capture *capture);

/* Calls visit for every file; returns how many there were, 0 without the data. */
static inline int captures_visit(capture_visit *visit, void *context)
{
    const char *data = getenv("MIRRORSH_DATA");
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/pcaps", data ? data : "");
    DIR *directory = data ? opendir(folder) : NULL;
    int files = 0;
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        char path[2 * PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        size_t length = strlen(path);
        FILE *file =
            length > 5 && strcmp(path + length - 5, ".pcap") == 0 ? fopen(path, "rb") : NULL;
        if (!file)
            continue;
        struct capture capture = capture_read(file);
        fclose(file);
        visit(context, path, &capture);
        capture_free(&capture);
        files++;
    }
    if (directory)
        closedir(directory);
    return files;
}

#endif
