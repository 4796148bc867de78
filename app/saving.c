/* SPDX-License-Identifier: BSD-2-Clause */
/* See saving.h. */
#include "app/saving.h"

#include <inttypes.h>
#include <unistd.h>

#include "app/failed_packets.h"
#include "base/text.h"

static int save(const struct sink_wish *wish, const struct capture_config *input, struct err *err)
{
    struct failed_packets *wanted = NULL;
    int code = failed_packets_open(&wanted, wish->path, err);

    for (uint32_t i = 0; i < wish->n_failures && !code; i++) {
        struct verdict_event event = {.kind = EVENT_CONNECTION, .connection = *wish->failure[i]};

        failed_packets_event(wanted, &event);
    }
    if (!code)
        code = failed_packets_write(wanted, input, "connections chosen on the screen", err);
    failed_packets_close(wanted);
    return code;
}

void saving_obey(struct sink *sink, const struct capture_config *input)
{
    struct sink_wish wish;
    char words[256];
    struct text text = TEXT_OF(words);
    struct err err;

    if (!sink_wish(sink, &wish))
        return;
    if (access(wish.path, F_OK) == 0) {
        text_addf(&text, "not saved, %s is there already", wish.path);
    } else if (save(&wish, input, &err)) {
        text_addf(&text, "not saved, %s", err.text);
    } else {
        text_add(&text, "of ");
        text_add_number_of(&text, wish.n_failures, "connection");
        text_addf(&text, " saved to %s", wish.path);
    }
    sink_answer(sink, words);
}
