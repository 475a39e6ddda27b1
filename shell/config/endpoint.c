/* A receiver's ADDRESS[:PORT], and addresses: typed text -> canonical text -> what the engine
 * takes.
 */
#include "value.h"

#include "utf8.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text in its two parts; *port is NULL when there is none. `address` is changed. */
static bool split(char *text, char **address, char **port)
{
    char *colon = strchr(text, ':');

    *address = text;
    *port = NULL;
    if (text[0] == '[') { /* [V6] or [V6]:PORT */
        char *close = strchr(text, ']');
        if (!close || (close[1] != '\0' && close[1] != ':'))
            return false;
        *address = text + 1;
        *port = close[1] == ':' ? close + 2 : NULL;
        *close = '\0';
        return strchr(*address, ':');
    }
    if (colon && !strchr(colon + 1, ':')) { /* more than one: a bare IPv6 */
        *colon = '\0';
        *port = colon + 1;
    }
    return true;
}

static bool read_port(const char *text, uint16_t *port)
{
    unsigned long number;

    if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0')
        return false;
    number = strtoul(text, NULL, 10); /* ULONG_MAX when it is longer than that */
    if (number < 1 || number > UINT16_MAX)
        return false;
    *port = (uint16_t)number;
    return true;
}

/* Could the last group of an IPv6 address without brackets be meant as a port? What stands in front
 * of it is an address too, and it is a decimal number: of four digits, where the whole is an
 * address, since fd00::1:80 is one that people use. *bytes: of what stands in front. */
static bool maybe_port(const char *text, size_t *bytes)
{
    const char *colon = strrchr(text, ':');
    char rest[INET6_ADDRSTRLEN];
    uint8_t address[16];
    uint16_t port;

    if (!colon || strchr(text, ':') == colon || (size_t)(colon - text) >= sizeof rest ||
        !read_port(colon + 1, &port))
        return false;
    *bytes = (size_t)(colon - text);
    memcpy(rest, text, *bytes);
    rest[*bytes] = '\0';
    return inet_pton(AF_INET6, rest, address) == 1 &&
           (strlen(colon + 1) >= 4 || inet_pton(AF_INET6, text, address) != 1);
}

/* Why no packet can be sent to the address alone; NULL: it can. */
static const char *useless(const struct mirror_receiver *receiver)
{
    const uint8_t *a = receiver->address;
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}, zero[16];
    static const uint8_t all_ones[4] = {0xff, 0xff, 0xff, 0xff};

    if (memcmp(a, zero, receiver->family == 4 ? 4 : 16) == 0)
        return "is no address of a host";
    if (receiver->family == 4)
        return a[0] >= 224 && a[0] < 240                   ? "is a multicast address"
               : memcmp(a, all_ones, sizeof all_ones) == 0 ? "is the broadcast address"
                                                           : NULL;
    if (memcmp(a, mapped, sizeof mapped) == 0)
        return "is an IPv4 address in IPv6 form";
    return a[0] == 0xff ? "is a multicast address" : NULL;
}

static bool is_link_local(const struct mirror_receiver *receiver)
{
    const uint8_t *a = receiver->address;

    return receiver->family == 6 && a[0] == 0xfe && (a[1] & 0xc0) == 0x80;
}

/* An interface is named for those addresses that every link has for itself, and only for them. */
static const char *wrong_interface(const struct mirror_receiver *receiver)
{
    if (is_link_local(receiver) && !receiver->interface[0])
        return "is a link-local address, which needs its interface, as in fe80::1%eth0";
    if (!is_link_local(receiver) && receiver->interface[0])
        return "names an interface, which only a link-local address needs";
    return NULL;
}

/* NULL, or what is wrong with the text. */
static const char *read_endpoint(const char *text, struct mirror_receiver *receiver)
{
    char copy[INET6_ADDRSTRLEN + INTERFACE_NAME_MAX + sizeof "[%]:65535"], *address, *port,
        *interface;

    *receiver = (struct mirror_receiver){.port = VXLAN_PORT};
    if (strlen(text) >= sizeof copy || !split(strcpy(copy, text), &address, &port))
        return "is not an address";
    interface = strchr(address, '%');
    if (interface)
        *interface++ = '\0';
    if (interface && !value_is_interface(interface))
        return "names no interface behind the %";
    if (interface)
        snprintf(receiver->interface, sizeof receiver->interface, "%s", interface);
    receiver->family = !strchr(address, ':') ? 4 : 6;
    if (inet_pton(receiver->family == 4 ? AF_INET : AF_INET6, address, receiver->address) != 1)
        return "is not an address";
    if (port && !read_port(port, &receiver->port))
        return "has a port that is not 1-65535";
    return useless(receiver) ? useless(receiver) : wrong_interface(receiver);
}

bool value_to_receiver(const char *text, struct mirror_receiver *receiver)
{
    return !read_endpoint(text, receiver);
}

bool value_endpoint(const struct schema *row, const char *text, char **canonical, char *why,
                    size_t why_size)
{
    char shown[UTF8_SHORT_SIZE], address[INET6_ADDRSTRLEN + INTERFACE_NAME_MAX], port[8] = "";
    struct mirror_receiver receiver;
    const char *wrong = read_endpoint(text, &receiver);
    size_t bytes;

    utf8_shorten(text, shown);
    if (text[0] != '[' && maybe_port(text, &bytes)) {
        snprintf(why, why_size, "\"%s\": an IPv6 address with a port stands in brackets: [%.*s]%s",
                 shown, (int)bytes, text, shown + bytes);
        if (!wrong)
            snprintf(why + strlen(why), why_size - strlen(why), ", or [%s] without one", shown);
        return false;
    }
    if (wrong) {
        snprintf(why, why_size, "\"%s\" %s (expected %s)", shown, wrong, row->hint);
        return false;
    }
    inet_ntop(receiver.family == 4 ? AF_INET : AF_INET6, receiver.address, address, sizeof address);
    if (receiver.interface[0])
        snprintf(address + strlen(address), sizeof address - strlen(address), "%%%s",
                 receiver.interface);
    if (receiver.port != VXLAN_PORT)
        snprintf(port, sizeof port, ":%u", receiver.port);
    bool brackets = receiver.family == 6 && (port[0] != '\0' || maybe_port(address, &bytes));
    if (asprintf(canonical, "%s%s%s%s", brackets ? "[" : "", address, brackets ? "]" : "", port) >=
        0)
        return true;
    *canonical = NULL;
    snprintf(why, why_size, "out of memory");
    return false;
}

bool value_address(const struct schema *row, const char *text, char **canonical, char *why,
                   size_t why_size)
{
    char shown[UTF8_SHORT_SIZE], address[INET6_ADDRSTRLEN];
    struct mirror_receiver parsed = {.family = strchr(text, ':') ? 6 : 4};
    int family = parsed.family == 6 ? AF_INET6 : AF_INET;
    const char *wrong = inet_pton(family, text, parsed.address) != 1 ? "is not an address"
                        : is_link_local(&parsed)                     ? "is a link-local address"
                                                                     : useless(&parsed);

    if (wrong) {
        snprintf(why, why_size, "\"%s\" %s (expected %s)", utf8_shorten(text, shown), wrong,
                 row->hint);
        return false;
    }
    inet_ntop(family, parsed.address, address, sizeof address);
    *canonical = strdup(address);
    if (!*canonical)
        snprintf(why, why_size, "out of memory");
    return *canonical;
}
