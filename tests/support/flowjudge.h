/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From packets to verdicts: connections played to a tracker, whose notes go to the hosts and the
 * judge as the program does it.
 *
 *     static const struct judged_case rows[] = {
 *         {"answered", {HANDSHAKE, REQUEST, ANSWER}, VERDICT_OK},
 *     };
 *     flowjudge_check(rows, ARRAY_LEN(rows));
 */
#ifndef SUPPORT_FLOWJUDGE_H
#define SUPPORT_FLOWJUDGE_H

#include "flowscript.h"
#include "verdict/judge.h"

#define JUDGED_STEPS_MAX 20

/* One connection as packets, and what must be said of it. */
struct judged_case {
    const char *name;
    struct flowstep step[JUDGED_STEPS_MAX]; /* ends with one without flags */
    enum verdict_id verdict;
    enum confidence least;                   /* CONFIDENCE_NONE: however sure */
    void (*setup)(struct script_conn *conn); /* NULL: two Linux hosts */
};

/* What begins most connections. A request of 400 bytes, an answer of 1200, both ends close. */
#define HANDSHAKE                                                                                  \
    {0, '>', "S"}, {20, '<', "S.", 0, 1},                                                          \
    {                                                                                              \
        20.1, '>', ".", 1, 1                                                                       \
    }
#define REQUEST                                                                                    \
    {21, '>', "P.", 1, 1, 400},                                                                    \
    {                                                                                              \
        41, '<', ".", 1, 401                                                                       \
    }
#define ANSWER                                                                                     \
    {45, '<', "P.", 1, 401, 1200},                                                                 \
    {                                                                                              \
        45.1, '>', ".", 401, 1201                                                                  \
    }
#define CLOSE                                                                                      \
    {46, '>', "F.", 401, 1201}, {66, '<', "F.", 1201, 402},                                        \
    {                                                                                              \
        66.1, '>', ".", 402, 1202                                                                  \
    }

/* Everything that the program says of some connections. */
struct flowjudge {
    struct flowscript script;
    struct arena arena;
    struct hosts hosts;
    struct judge_context context;
    struct connection_event event[8]; /* in the order of their end */
    size_t n_events;
};

void flowjudge_open(struct flowjudge *run);
void flowjudge_close(struct flowjudge *run);

/* The input ends, and all that the tracker told is judged. Once. */
void flowjudge_judge(struct flowjudge *run);

/* Opens, plays the row's connection until every timer has come up, judges. */
void flowjudge_play(struct flowjudge *run, const struct judged_case *row);

/* Fails with the names of the rows that do not get their one verdict. */
void flowjudge_check(const struct judged_case *rows, size_t n_rows);

#endif
