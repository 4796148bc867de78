/* SPDX-License-Identifier: BSD-2-Clause */
/* See flowjudge.h. */
#include "flowjudge.h"

#include "flowscript_private.h"

#define ARENA_BYTES ((size_t)1 << 20)
#define N_HOSTS 64
#define QUIET_MS 200000 /* after the last step: every timer has come up */

void flowjudge_open(struct flowjudge *run)
{
    memset(run, 0, sizeof(*run));
    flowscript_open(&run->script, NULL);
    assert_int_equal(arena_map(&run->arena, ARENA_BYTES, NULL, &(struct err){0}), 0);
    assert_int_equal(hosts_create(&run->hosts, &run->arena, N_HOSTS, N_HOSTS,
                                  verdict_limits_default(), (struct hash_key){.seed = 7}),
                     0);
    run->context = (struct judge_context){.hosts = &run->hosts, .limits = verdict_limits_default()};
}

void flowjudge_close(struct flowjudge *run)
{
    flowscript_release(&run->script);
    arena_unmap(&run->arena);
}

void flowjudge_judge(struct flowjudge *run)
{
    flowscript_finish(&run->script);
    for (size_t i = 0; i < run->script.n_notes; i++) {
        const struct flow_note *note = &run->script.notes[i];
        struct verdict_event whole;

        hosts_note(&run->hosts, note);
        if (note->kind != NOTE_ENDED)
            continue;
        assert_true(run->n_events < ARRAY_LEN(run->event));
        verdict_judge(&run->context, note, &whole);
        run->event[run->n_events++] = whole.connection;
    }
}

static size_t count_steps(const struct flowstep *step)
{
    size_t n = 0;

    while (n < JUDGED_STEPS_MAX && (step[n].flags || step[n].icmp_type))
        n++;
    return n;
}

void flowjudge_play(struct flowjudge *run, const struct judged_case *row)
{
    struct script_conn conn = flowscript_conn(0);
    size_t n = count_steps(row->step);

    if (row->setup)
        row->setup(&conn);
    flowjudge_open(run);
    flowscript_steps(&run->script, &conn, row->step, n);
    flowscript_until(&run->script, row->step[n - 1].t_ms + QUIET_MS);
    flowjudge_judge(run);
}

void flowjudge_check(const struct judged_case *rows, size_t n_rows)
{
    size_t n_wrong = 0;

    for (size_t i = 0; i < n_rows; i++) {
        const struct connection_event *event;
        struct flowjudge run;

        flowjudge_play(&run, &rows[i]);
        event = &run.event[0];
        if (run.n_events != 1 || event->verdict != rows[i].verdict ||
            event->confidence < rows[i].least) {
            print_error("%s: %zu events, %s %s\n", rows[i].name, run.n_events,
                        verdict_row(event->verdict)->slug, confidence_name(event->confidence));
            n_wrong++;
        }
        flowjudge_close(&run);
    }
    assert_int_equal(n_wrong, 0);
}
