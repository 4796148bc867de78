/* SPDX-License-Identifier: BSD-2-Clause */
/* A request of the client and the server's FIN cross: whose data is lost, and what was a goodbye.
 */
#include "flowjudge.h"

/* The server closes a connection that has been idle. */
#define IDLE_FIN                                                                                   \
    {                                                                                              \
        5000, '<', "F.", 1201, 401                                                                 \
    }

/* 10 ms after the client has asked. */
#define ASKED_THEN_FIN                                                                             \
    {5000, '>', "P.", 401, 1201, 400},                                                             \
    {                                                                                              \
        5010, '<', "F.", 1201, 401                                                                 \
    }

static void a_request_that_crosses_the_fin_is_lost(void **state)
{
    static const struct judged_case rows[] = {
        {"seen at the server: the FIN is there first",
         {HANDSHAKE,
          REQUEST,
          ANSWER,
          IDLE_FIN,
          {5000.5, '>', "P.", 401, 1201, 400},
          {5001, '<', "R", 1201, 0, 0, STEP_NO_SOCKET},
          {5020, '>', ".", 801, 1202},
          {5021, '<', "R", 1202, 0, 0, STEP_NO_SOCKET}},
         VERDICT_STALE_POOLED_CONNECTION,
         CONFIDENCE_CERTAIN},
        {"seen at the client: the ACK of the FIN leaves before the RST comes",
         {HANDSHAKE,
          REQUEST,
          ANSWER,
          ASKED_THEN_FIN,
          {5010.1, '>', ".", 801, 1202},
          {5020, '<', "R", 1201, 0, 0, STEP_NO_SOCKET},
          {5030, '<', "R", 1202, 0, 0, STEP_NO_SOCKET}},
         VERDICT_STALE_POOLED_CONNECTION,
         CONFIDENCE_CERTAIN},
        {"the client closes when it sees the FIN",
         {HANDSHAKE,
          REQUEST,
          ANSWER,
          ASKED_THEN_FIN,
          {5010.1, '>', "F.", 801, 1202},
          {5020, '<', "R", 1201, 0, 0, STEP_NO_SOCKET}},
         VERDICT_STALE_POOLED_CONNECTION,
         CONFIDENCE_CERTAIN},
        {"the client resets when it sees the FIN",
         {HANDSHAKE, REQUEST, ANSWER, ASKED_THEN_FIN, {5010.1, '>', "R.", 801, 1202}},
         VERDICT_STALE_POOLED_CONNECTION,
         CONFIDENCE_LIKELY},
        {"it was acknowledged: then the server's program has it",
         {HANDSHAKE,
          REQUEST,
          ANSWER,
          {5000, '>', "P.", 401, 1201, 400},
          {5010, '<', "F.", 1201, 801},
          {5010.1, '>', "R.", 801, 1202}},
         VERDICT_RST_AFTER_FIN,
         CONFIDENCE_CERTAIN},
    };

    (void)state;
    flowjudge_check(rows, ARRAY_LEN(rows));
}

static void a_few_bytes_are_a_goodbye_where_a_close_follows_them(void **state)
{
    static const struct judged_case rows[] = {
        {"a goodbye: the client's FIN is right behind it",
         {HANDSHAKE,
          REQUEST,
          ANSWER,
          IDLE_FIN,
          {5000.5, '>', "P.", 401, 1201, 24},
          {5000.6, '>', "F.", 425, 1201},
          {5001, '<', "R", 1201, 0, 0, STEP_NO_SOCKET}},
         VERDICT_RST_AFTER_FIN,
         CONFIDENCE_CERTAIN},
        {"a goodbye: it answers the FIN",
         {HANDSHAKE,
          REQUEST,
          ANSWER,
          IDLE_FIN,
          {5020, '>', ".", 401, 1202},
          {5020.5, '>', "P.", 401, 1202, 24},
          {5040, '<', "R", 1202, 0, 0, STEP_NO_SOCKET}},
         VERDICT_RST_AFTER_FIN,
         CONFIDENCE_CERTAIN},
    };
    /* It did not know of the FIN, and does not close: as well a short request. */
    static const struct judged_case crossing = {"no close follows",
                                                {HANDSHAKE,
                                                 REQUEST,
                                                 ANSWER,
                                                 IDLE_FIN,
                                                 {5000.5, '>', "P.", 401, 1201, 24},
                                                 {5001, '<', "R", 1201, 0, 0, STEP_NO_SOCKET}},
                                                VERDICT_RST_AFTER_FIN,
                                                CONFIDENCE_POSSIBLE};
    struct flowjudge run;

    (void)state;
    flowjudge_check(rows, ARRAY_LEN(rows));
    flowjudge_play(&run, &crossing);
    assert_int_equal(run.event[0].verdict, crossing.verdict);
    assert_int_equal(run.event[0].confidence, CONFIDENCE_POSSIBLE);
    assert_string_equal(run.event[0].against[0].code, "data-lost");
    flowjudge_close(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_that_crosses_the_fin_is_lost),
        cmocka_unit_test(a_few_bytes_are_a_goodbye_where_a_close_follows_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
