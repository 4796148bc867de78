/* SPDX-License-Identifier: BSD-2-Clause */
/* See filter.h. */
#include "capture/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/nanotime.h"
#include "base/text.h"
#include "capture/frame.h"
#include "capture/linktype.h"

/* As long as a filter may be for its error to be shown with the place marked. */
#define MAX_SHOWN_BYTES 200

/* Looking for that place. */
#define MAX_SEARCH_NS (300 * NS_PER_MS)

#define BLANKS " \t\r\n"

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

static bool compiles(const char *text, int dlt)
{
    struct bpf_program program;
    pcap_t *pcap = pcap_open_dead(dlt, FRAME_MAX_BYTES);
    bool is_good = pcap && pcap_compile(pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) == 0;

    if (is_good)
        pcap_freecode(&program);
    if (pcap)
        pcap_close(pcap);
    return is_good;
}

/* Whether the first `n_bytes` of a filter can be the beginning of a right one. */
static bool is_beginning(const char *filter, size_t n_bytes, int dlt)
{
    static const char *const endings[] = {
        "",
        " 1",
        " tcp",
        " 1.2.3.4",
        " host 1.2.3.4",
        " port 1",
        " proto 1",
        " > 1",
        " 1 = 1",
        "] = 1",
        " 1] = 1",
        "1] = 1",
        ":1] = 1",
        " dst port 1",
        " 1-2",
        " dst host 1.2.3.4",
        " 00:00:00:00:00:00",
        " 255.255.255.255",
    };
    char buffer[2 * MAX_SHOWN_BYTES];
    int n_open = 0;

    for (size_t i = 0; i < n_bytes; i++)
        n_open += (filter[i] == '(') - (filter[i] == ')');
    for (size_t i = 0; i < ARRAY_LEN(endings) && n_open >= 0; i++) {
        struct text trial = TEXT_OF(buffer);

        text_addf(&trial, "%.*s%s", (int)n_bytes, filter, endings[i]);
        for (int k = 0; k < n_open; k++)
            text_add(&trial, ")");
        if (!trial.is_cut && compiles(buffer, dlt))
            return true;
    }
    return false;
}

static int64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/*
 * libpcap does not say where a filter goes wrong: it is the first word with which it can no
 * longer be the beginning of a right one. NULL when that takes too long (a name in the filter
 * makes libpcap ask the resolver).
 */
static const char *find_culprit(const char *filter, int dlt)
{
    int64_t deadline_ns = now_ns() + MAX_SEARCH_NS;
    const char *word = filter + strspn(filter, BLANKS);

    while (*word) {
        size_t word_bytes = strcspn(word, BLANKS);

        if (!is_beginning(filter, (size_t)(word - filter) + word_bytes, dlt))
            return word;
        if (now_ns() > deadline_ns)
            return NULL;
        if (word[word_bytes] == '\0')
            return word + word_bytes;
        word += word_bytes;
        word += strspn(word, BLANKS);
    }
    return word;
}

static int refuse(const char *filter, pcap_t *pcap, struct err *err)
{
    const char *culprit = NULL;

    if (strlen(filter) <= MAX_SHOWN_BYTES)
        culprit = find_culprit(filter, pcap_datalink(pcap));
    if (!culprit)
        return err_set(err, -EINVAL, "bad filter: %s\n  %.*s", pcap_geterr(pcap), MAX_SHOWN_BYTES,
                       filter);
    return err_set(err, -EINVAL, "bad filter: %s\n  %s\n  %*s^", pcap_geterr(pcap), filter,
                   (int)(culprit - filter), "");
}

int filter_compile_for(struct filter *filter, const char *text, pcap_t *pcap, struct err *err)
{
    struct bpf_program program;

    if (pcap_compile(pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return refuse(text, pcap, err);
    filter->program = program;
    return 0;
}

int filter_compile(struct filter *filter, const char *text, uint16_t linktype, struct err *err)
{
    pcap_t *pcap;
    int code;

    if (text[strspn(text, BLANKS)] == '\0') {
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
