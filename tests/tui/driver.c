/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The dashboard on a real terminal, without capture or judge: the mock-up's figures, and one more
 * refused connection with each snapshot. What the program's main loop owes to a sink with a
 * keyboard, and no more. "--ignore-hup" leaves only the end of the terminal to end it.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/nanotime.h"
#include "mockup.h"
#include "tui/tui.h"

#define SNAPSHOT_EVERY_MS 100

static volatile sig_atomic_t wants_stop;

static void on_stop(int signal_number)
{
    (void)signal_number;
    wants_stop = 1;
}

static void catch_signals(bool ignores_hup)
{
    struct sigaction action = {.sa_handler = on_stop};

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    if (ignores_hup)
        action.sa_handler = SIG_IGN;
    (void)sigaction(SIGHUP, &action, NULL);
}

static void one_more_refused(struct snapshot *snapshot)
{
    snapshot->now_ns += SNAPSHOT_EVERY_MS * NS_PER_MS;
    snapshot->total.n_attempts++;
    snapshot->total.n_failed++;
    snapshot->total.n_failed_by_family[FAMILY_REFUSED]++;
    snapshot->family[FAMILY_REFUSED].n_total++;
}

static void run(struct sink *sink)
{
    static struct snapshot snapshot;

    mockup_snapshot(&snapshot);
    while (!wants_stop) {
        struct pollfd poll_fd = {.fd = sink_input_fd(sink), .events = POLLIN};
        int n_ready = poll(&poll_fd, 1, SNAPSHOT_EVERY_MS);

        if (n_ready > 0 && sink_input(sink))
            return;
        if (n_ready <= 0) {
            one_more_refused(&snapshot);
            sink_snapshot(sink, &snapshot);
        }
    }
}

int main(int argc, char **argv)
{
    const char *argument = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
    struct sink sink;
    struct err err;

    catch_signals(argc > 1 && strcmp(argv[1], "--ignore-hup") == 0);
    if (sink_open(&sink, &sink_tui, mockup_run(), argument, &err) != 0) {
        fprintf(stderr, "driver: %s\n", err.text);
        return 1;
    }
    run(&sink);
    sink_close(&sink);
    return 0;
}
