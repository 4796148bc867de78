/* SPDX-License-Identifier: BSD-2-Clause */
/* See output.h. */
#include "sink/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int output_open(struct output *output, const char *path, struct err *err)
{
    int fd = STDOUT_FILENO;

    if (path == NULL || strcmp(path, "-") == 0)
        path = "standard output";
    else
        fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_set(err, -errno, "cannot write to %s: %s", path, strerror(errno));
    *output = (struct output){.fd = fd, .name = path};
    return 0;
}

/* A pipe or a full disk can take a part: what is left follows at once, or the line is torn. */
static bool write_all(struct output *output, const char *bytes, size_t n_bytes)
{
    size_t n_done = 0;

    while (n_done < n_bytes) {
        ssize_t n = write(output->fd, bytes + n_done, n_bytes - n_done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (n_done > 0)
                output->is_torn = true;
            return false;
        }
        n_done += (size_t)n;
    }
    return true;
}

bool output_write(struct output *output, const char *lines, size_t n_bytes)
{
    /* Half a line must not swallow the line after it. */
    if (output->is_torn && write(output->fd, "\n", 1) == 1)
        output->is_torn = false;
    if (!output->is_torn && write_all(output, lines, n_bytes)) {
        output->n_lines++;
        return true;
    }
    if (output->n_errors == 0)
        fprintf(stderr, "tcpwhy: cannot write events to %s: %s\n", output->name, strerror(errno));
    output->n_errors++;
    return false;
}

void output_close(struct output *output)
{
    if (output->fd > STDERR_FILENO)
        close(output->fd);
    output->fd = -1;
}
