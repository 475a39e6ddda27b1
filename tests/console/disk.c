/* A disk that takes its time, and one that fails: a library in front of the box's own calls. While
 * there is a file $SLOW, an fsync waits: for as many milliseconds as the file says, for its end
 * where it says nothing; $SLOW.waits is there as soon as one does. For the directory that $FAILS
 * leads to it fails. Nor does the file system have hard links. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STEP_MS = 5, FOR_EVER_MS = 300000 };

static void wait_for_disk(const char *slow)
{
    char text[16] = "", waits[4096];
    int fd = open(slow, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    int most = read(fd, text, sizeof text - 1) > 0 ? atoi(text) : FOR_EVER_MS;
    close(fd);
    snprintf(waits, sizeof waits, "%s.waits", slow);
    close(open(waits, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
    for (int waited = 0; waited < most && access(slow, F_OK) == 0; waited += STEP_MS)
        usleep(STEP_MS * 1000);
}

int fsync(int fd)
{
    struct stat about, fails;

    wait_for_disk(getenv("SLOW"));
    if (stat(getenv("FAILS"), &fails) == 0 && fstat(fd, &about) == 0 &&
        about.st_ino == fails.st_ino && about.st_dev == fails.st_dev) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

int linkat(int from, const char *old, int to, const char *new, int flags)
{
    (void)from, (void)old, (void)to, (void)new, (void)flags;
    errno = EPERM;
    return -1;
}
