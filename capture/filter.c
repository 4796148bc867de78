/* SPDX-License-Identifier: BSD-2-Clause */
/* See filter.h. */
#include "capture/filter.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "capture/frame.h"
#include "capture/linktype.h"

/* As long as a filter may be for its error to be shown with the place marked. */
#define MAX_SHOWN_BYTES 200

int filter_build(const char *const *words, size_t n_words, char *out, size_t out_bytes,
                 struct err *err)
{
    struct text text = text_wrap(out, out_bytes);

    for (size_t i = 0; i < n_words; i++) {
        if (i > 0)
            text_add(&text, " ");
        text_add(&text, words[i]);
    }
    if (text.is_cut)
        return err_set(err, -E2BIG, "the filter is longer than %zu bytes", out_bytes - 1);
    return 0;
}

static void blank_comments(char *filter)
{
    bool is_comment = false;

    for (char *at = filter; *at; at++) {
        if (*at == '#')
            is_comment = true;
        if (*at == '\n' || *at == '\r') {
            is_comment = false;
            *at = ' ';
        }
        if (is_comment)
            *at = ' ';
    }
}

int filter_read_file(const char *path, char *out, size_t out_bytes, struct err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    size_t used_bytes = 0;
    ssize_t n = 1;
    int code = 0;

    if (fd < 0)
        return err_set(err, -errno, "cannot read the filter file %s: %s", path, strerror(errno));
    while (n > 0 && used_bytes < out_bytes) {
        n = read(fd, out + used_bytes, out_bytes - used_bytes);
        if (n > 0)
            used_bytes += (size_t)n;
    }
    if (n < 0)
        code = err_set(err, -errno, "cannot read the filter file %s: %s", path, strerror(errno));
    else if (used_bytes == out_bytes)
        code = err_set(err, -E2BIG, "the filter file %s is longer than %zu bytes", path,
                       out_bytes - 1);
    if (!is_stdin)
        (void)close(fd);
    if (code)
        return code;
    out[used_bytes] = '\0';
    blank_comments(out);
    return 0;
}

/* libpcap does not say where, but often what: a caret goes under the last place of that word. */
static const char *find_culprit(const char *filter, const char *reason)
{
    const char *open = strrchr(reason, '\'');
    const char *found = NULL;
    char word[64];
    size_t n_bytes = 0;

    while (open && open > reason && open[-1] != '\'')
        open--;
    if (!open || open == reason)
        return NULL;
    while (open[n_bytes] && open[n_bytes] != '\'' && n_bytes < sizeof(word) - 1) {
        word[n_bytes] = open[n_bytes];
        n_bytes++;
    }
    word[n_bytes] = '\0';
    for (const char *at = n_bytes ? strstr(filter, word) : NULL; at; at = strstr(at + 1, word))
        found = at;
    return found;
}

static int refuse(const char *filter, const char *reason, struct err *err)
{
    const char *culprit = find_culprit(filter, reason);

    if (!culprit || strlen(filter) > MAX_SHOWN_BYTES)
        return err_set(err, -EINVAL, "bad filter: %s\n  %.*s", reason, MAX_SHOWN_BYTES, filter);
    return err_set(err, -EINVAL, "bad filter: %s\n  %s\n  %*s^", reason, filter,
                   (int)(culprit - filter), "");
}

static bool is_blank(const char *filter)
{
    while (isspace((unsigned char)*filter))
        filter++;
    return *filter == '\0';
}

int filter_compile_for(struct filter *filter, const char *text, pcap_t *pcap, struct err *err)
{
    struct bpf_program program;

    if (pcap_compile(pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return refuse(text, pcap_geterr(pcap), err);
    filter->program = program;
    return 0;
}

int filter_compile(struct filter *filter, const char *text, uint16_t linktype, struct err *err)
{
    pcap_t *pcap;
    int code;

    if (is_blank(text)) {
        *filter = (struct filter){0};
        return 0;
    }
    pcap = pcap_open_dead(linktype_to_dlt(linktype), FRAME_MAX_BYTES);
    if (!pcap)
        return err_set(err, -ENOMEM, "cannot compile the filter: out of memory");
    code = filter_compile_for(filter, text, pcap, err);
    pcap_close(pcap);
    return code;
}

void filter_close(struct filter *filter)
{
    if (filter->program.bf_insns)
        pcap_freecode(&filter->program);
    *filter = (struct filter){0};
}
