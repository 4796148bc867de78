/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every capture of pcaps/ through the whole way of a packet, and every rule that holds for each of
 * its connections, not only the one that wins (*): so that rules that overlap show in a review.
 *
 *     matrix PCAPS_DIR MATRIX_FILE
 *
 * Compares with the file; with TCPWHY_GOLDEN_UPDATE in the environment it writes it instead.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/worker.h"
#include "capture/capture.h"
#include "verdict/hosts.h"
#include "verdict/judge.h"
#include "verdict/unremarkable.h"
#include "verdict/wants.h"

#define MIB ((size_t)1 << 20)
#define MEMORY_BYTES (64 * MIB)
#define FRAMES_BYTES (4 * MIB)
#define NOTES_BYTES (1 * MIB)
#define N_HOSTS 4096
#define LINE_BYTES 1024

static const struct hash_key hash_key = {.seed = 1};

/* One connection; sorted by its first frame, for the order of ends is the timers' affair. */
struct row {
    uint64_t first_frame;
    char ends[128];
    char rules[512];
};

/* One capture's way, all on this thread. */
struct run {
    const char *path;
    struct arena arena;
    struct capture *capture;
    struct ring frames, notes;
    struct worker worker;
    struct hosts hosts;
    struct judge_context context;
    const char *name; /* folder/file */
    struct row *rows;
    size_t n_rows, n_room;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(2);
}

/* ---- one connection ---- */

/* What is judged without asking the rules must be what they say. */
static void check_unremarkable(const struct run *run, const struct flow_note *note,
                               const struct connection_event *event)
{
    if (verdict_is_unremarkable(note, run->context.limits) &&
        (event->outcome != OUTCOME_OK ||
         (event->verdict != VERDICT_OK && event->verdict != VERDICT_SYN_COOKIES_ACTIVE)))
        die(run->name, "unremarkable and not ok");
}

static void write_ends(const struct flow_note *note, struct row *row)
{
    char client[IPADDR_TEXT_BYTES];
    char server[IPADDR_TEXT_BYTES];
    unsigned end = note->client_end;

    ipaddr_format(&note->key.addr[end], client);
    ipaddr_format(&note->key.addr[1 - end], server);
    (void)snprintf(row->ends, sizeof(row->ends), "%s.%u>%s.%u", client, note->key.port[end], server,
                   note->key.port[1 - end]);
}

/* A rule that is not asked must not hold. */
static void check_wants(const struct run *run, const struct flow_note *note,
                        const enum confidence confidence[VERDICT_COUNT])
{
    struct rule_offer offer;
    struct verdict_case c;

    case_open(&c, &run->context, note);
    offer = rule_offer_of(&c);
    for (unsigned i = 0; i < VERDICT_COUNT; i++) {
        if (confidence[i] != CONFIDENCE_NONE && !rule_may_hold((enum verdict_id)i, offer))
            die(run->name, verdict_row((enum verdict_id)i)->slug);
    }
}

static void write_rules(const struct run *run, const struct flow_note *note, struct row *row)
{
    enum confidence confidence[VERDICT_COUNT];
    struct verdict_event event;
    size_t used = 0;

    verdict_matrix(&run->context, note, confidence);
    check_wants(run, note, confidence);
    verdict_judge(&run->context, note, &event);
    check_unremarkable(run, note, &event.connection);
    for (unsigned i = 0; i < VERDICT_COUNT && used < sizeof(row->rules); i++) {
        enum verdict_id id = (enum verdict_id)i;
        int n = 0;

        if (confidence[i] != CONFIDENCE_NONE)
            n = snprintf(row->rules + used, sizeof(row->rules) - used, "%s%s%s:%s", used ? " " : "",
                         event.connection.verdict == id ? "*" : "", verdict_row(id)->slug,
                         confidence_name(confidence[i]));
        used += n > 0 ? (size_t)n : 0;
    }
}

static void add_connection(struct run *run, const struct flow_note *note)
{
    struct row *row;

    if (run->n_rows == run->n_room) {
        run->n_room = run->n_room ? 2 * run->n_room : 64;
        run->rows = realloc(run->rows, run->n_room * sizeof(*run->rows));
        if (!run->rows)
            die(run->name, "out of memory");
    }
    row = &run->rows[run->n_rows++];
    *row = (struct row){.first_frame = note->facts.first_frame};
    write_ends(note, row);
    write_rules(run, note, row);
}

static int earlier_first(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;

    return x->first_frame < y->first_frame ? -1 : x->first_frame > y->first_frame;
}

/* Neighbours with the same rules are one line. */
static void print_rows(struct run *run, FILE *out)
{
    if (run->n_rows)
        qsort(run->rows, run->n_rows, sizeof(*run->rows), earlier_first);
    for (size_t i = 0; i < run->n_rows;) {
        const struct row *row = &run->rows[i];
        size_t n = 0;

        while (i < run->n_rows && strcmp(run->rows[i].rules, row->rules) == 0) {
            i++;
            n++;
        }
        fprintf(out, "%s  %s", run->name, row->ends);
        if (n > 1)
            fprintf(out, " and %zu more", n - 1);
        fprintf(out, "  %s\n", row->rules);
    }
}

/* ---- one capture ---- */

static void take_notes(void *ctx)
{
    struct run *run = ctx;
    const struct flow_note *note;
    size_t n_bytes;

    ring_publish(&run->notes);
    while ((note = ring_peek(&run->notes, &n_bytes))) {
        if (note->kind != NOTE_TICK && note->kind != NOTE_END)
            hosts_note(&run->hosts, note);
        if (note->kind == NOTE_ENDED)
            add_connection(run, note);
        ring_release(&run->notes);
    }
}

static void open_rings(struct run *run)
{
    void *frames = arena_take(&run->arena, FRAMES_BYTES);
    void *notes = arena_take(&run->arena, NOTES_BYTES);

    if (!frames || !notes)
        die(run->name, "out of memory");
    ring_init(&run->frames, frames, FRAMES_BYTES, NULL, NULL);
    ring_init(&run->notes, notes, NOTES_BYTES, NULL, NULL);
    run->worker.frames = &run->frames;
    run->worker.notes = &run->notes;
    run->worker.on_full = take_notes;
    run->worker.on_full_ctx = run;
    reassembly_init(&run->worker.reassembly);
}

static void open_run(struct run *run, const char *path)
{
    struct capture_config config = {.files = &run->path, .n_files = 1};
    struct tracker_config tracker = {.n_flows = 16384,
                                     .n_trails = 4096,
                                     .n_tombs = 4096,
                                     .hash_key = hash_key,
                                     .outlet = worker_outlet(&run->worker)};
    struct capture_output output = {.ring = &run->frames};
    struct capture_outputs outputs = {.outputs = &output, .n_outputs = 1};
    struct err err;

    if (arena_map(&run->arena, MEMORY_BYTES, NULL, &err) ||
        capture_open(&config, &run->arena, &run->capture, &err))
        die(path, err.text);
    open_rings(run);
    capture_attach(run->capture, &outputs);
    run->context = (struct judge_context){.hosts = &run->hosts, .limits = verdict_limits_default()};
    if (tracker_create(&run->worker.tracker, &run->arena, &tracker) ||
        hosts_create(&run->hosts, &run->arena, N_HOSTS, N_HOSTS, run->context.limits, hash_key))
        die(path, "out of memory");
}

static void run_capture(const char *path, const char *name, FILE *out)
{
    struct run *run = calloc(1, sizeof(*run));
    bool goes_on = true;

    if (!run)
        die(name, "out of memory");
    run->name = name;
    run->path = path;
    open_run(run, path);
    while (goes_on) {
        (void)capture_step(run->capture, 0);
        while (goes_on && ring_is_readable(&run->frames))
            goes_on = worker_step(&run->worker);
        take_notes(run);
    }
    print_rows(run, out);
    free(run->rows);
    capture_close(run->capture);
    arena_unmap(&run->arena);
    free(run);
}

/* ---- all of them ---- */

static void run_all(const char *pcaps_dir, FILE *out)
{
    char pattern[4096];
    glob_t found;

    (void)snprintf(pattern, sizeof(pattern), "%s/*/*.pcap", pcaps_dir);
    if (glob(pattern, 0, NULL, &found))
        die(pattern, "no captures");
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *path = found.gl_pathv[i];
        char name[LINE_BYTES / 2];

        (void)snprintf(name, sizeof(name), "%s", path + strlen(pcaps_dir) + 1);
        name[strlen(name) - strlen(".pcap")] = '\0';
        run_capture(path, name, out);
    }
    globfree(&found);
}

/* Says where they part, as far as the first difference goes: the diff is the reviewer's. */
static int compare(const char *matrix_path, const char *text)
{
    FILE *file = fopen(matrix_path, "re");
    char line[2 * LINE_BYTES];
    unsigned number = 1;
    int code = 0;

    if (!file)
        die(matrix_path, "cannot read; set TCPWHY_GOLDEN_UPDATE to make it");
    for (; code == 0 && fgets(line, sizeof(line), file); number++) {
        size_t n = strlen(line);

        if (strncmp(line, text, n) != 0) {
            printf("%s:%u\nexpected: %sgot:      %.*s\n", matrix_path, number, line,
                   (int)strcspn(text, "\n"), text);
            code = 1;
        }
        text += code ? 0 : n;
    }
    if (code == 0 && *text) {
        printf("%s ends at line %u; there is more:\n%s", matrix_path, number, text);
        code = 1;
    }
    (void)fclose(file);
    return code;
}

static int update(const char *matrix_path, const char *text)
{
    FILE *file = fopen(matrix_path, "we");

    if (!file || fputs(text, file) < 0 || fclose(file))
        die(matrix_path, "cannot write");
    return 0;
}

int main(int argc, char **argv)
{
    char *text = NULL;
    size_t n_bytes;
    FILE *out;
    int code;

    if (argc != 3)
        die("usage", "matrix PCAPS_DIR MATRIX_FILE");
    out = open_memstream(&text, &n_bytes);
    if (!out)
        die("matrix", "out of memory");
    run_all(argv[1], out);
    (void)fclose(out);
    code = getenv("TCPWHY_GOLDEN_UPDATE") ? update(argv[2], text) : compare(argv[2], text);
    free(text);
    return code;
}
