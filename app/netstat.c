/* SPDX-License-Identifier: BSD-2-Clause */
/* See netstat.h. */
#include "app/netstat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_BYTES 16384 /* 6.18 writes 5 KiB */
#define GROUP "TcpExt:"

int netstat_open(int *fd, struct err *err)
{
    int opened = open("/proc/self/net/netstat", O_RDONLY | O_CLOEXEC);

    if (opened < 0)
        return err_set(err, -errno, "cannot read the kernel's counters: %s", strerror(errno));
    *fd = opened;
    return 0;
}

/* The line of the group at or after `text`; NULL = none. */
static const char *find_line(const char *text)
{
    while (text && strncmp(text, GROUP, strlen(GROUP)) != 0) {
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    return text && *text ? text : NULL;
}

static enum host_counter counter_of(const char *word, size_t n_bytes)
{
    for (unsigned i = 0; i < HOST_COUNTER_COUNT; i++) {
        const char *name = host_counter_name((enum host_counter)i);

        if (strlen(name) == n_bytes && memcmp(name, word, n_bytes) == 0)
            return (enum host_counter)i;
    }
    return HOST_COUNTER_COUNT;
}

/* The next word of a line; its length is 0 at the line's end. */
static const char *next_word(const char *at, size_t *n_bytes)
{
    at += strspn(at, " ");
    *n_bytes = strcspn(at, " \n");
    return at;
}

int netstat_parse(const char *text, uint64_t value[HOST_COUNTER_COUNT])
{
    uint64_t found[HOST_COUNTER_COUNT] = {0};
    unsigned n_found = 0;
    const char *names = find_line(text);
    const char *values = names ? find_line(names + strcspn(names, "\n")) : NULL;
    size_t n_name, n_value;

    if (!values)
        return -EBADMSG;
    names = next_word(names + strlen(GROUP), &n_name);
    values = next_word(values + strlen(GROUP), &n_value);
    while (n_name > 0 && n_value > 0) {
        enum host_counter counter = counter_of(names, n_name);

        if (counter < HOST_COUNTER_COUNT) {
            found[counter] = strtoull(values, NULL, 10);
            n_found++;
        }
        names = next_word(names + n_name, &n_name);
        values = next_word(values + n_value, &n_value);
    }
    if (n_found != HOST_COUNTER_COUNT)
        return -ENODATA;
    memcpy(value, found, sizeof(found));
    return 0;
}

int netstat_read(int fd, uint64_t value[HOST_COUNTER_COUNT])
{
    char text[FILE_BYTES];
    size_t used_bytes = 0;

    while (used_bytes < sizeof(text) - 1) {
        ssize_t n_bytes =
            pread(fd, text + used_bytes, sizeof(text) - 1 - used_bytes, (off_t)used_bytes);

        if (n_bytes < 0)
            return -errno;
        if (n_bytes == 0)
            break;
        used_bytes += (size_t)n_bytes;
    }
    text[used_bytes] = '\0';
    return netstat_parse(text, value);
}
