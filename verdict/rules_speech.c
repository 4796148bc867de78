/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was said in plain sight before the close: fatal TLS alerts and HTTP/2 GOAWAY (VERDICTS.md
 * 9.2, 13.6, 13.7). The close that follows is its clean-up, not a second failure.
 */
#include "verdict/case.h"

static const struct speech_facts *speech_of(const struct verdict_case *c, enum flow_side side)
{
    return &c->trail->speech[side];
}

/* A fatal alert of this side with one of these codes. */
static bool has_alert(const struct verdict_case *c, enum flow_side side, const uint8_t *codes,
                      size_t n_codes)
{
    const struct speech_facts *speech = speech_of(c, side);

    if (!speech->alert_frame)
        return false;
    for (size_t i = 0; i < n_codes; i++) {
        if (codes[i] == speech->alert_code)
            return true;
    }
    return n_codes == 0;
}

static void say_alert(const struct verdict_case *c, enum flow_side side, struct ruling *ruling)
{
    because(ruling, "fatal-alert", speech_of(c, side)->alert_frame, "alert %u from the %s",
            speech_of(c, side)->alert_code, side == SIDE_CLIENT ? "client" : "server");
}

/* The server's first words, in answer to the ClientHello, are this alert. */
static enum confidence refuses_hello(const struct verdict_case *c, struct ruling *ruling,
                                     const uint8_t *codes, size_t n_codes)
{
    if (!has_alert(c, SIDE_SERVER, codes, n_codes) || !speech_of(c, SIDE_SERVER)->is_alert_first)
        return CONFIDENCE_NONE;
    say_alert(c, SIDE_SERVER, ruling);
    return CONFIDENCE_CERTAIN;
}

enum confidence rule_tls_version_mismatch(const struct verdict_case *c, struct ruling *ruling)
{
    static const uint8_t codes[] = {70};

    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        if (has_alert(c, (enum flow_side)s, codes, ARRAY_LEN(codes))) {
            say_alert(c, (enum flow_side)s, ruling);
            return CONFIDENCE_CERTAIN;
        }
    }
    return CONFIDENCE_NONE;
}

enum confidence rule_tls_unknown_sni(const struct verdict_case *c, struct ruling *ruling)
{
    static const uint8_t codes[] = {112};

    return refuses_hello(c, ruling, codes, ARRAY_LEN(codes));
}

enum confidence rule_tls_alpn_mismatch(const struct verdict_case *c, struct ruling *ruling)
{
    static const uint8_t codes[] = {120};

    return refuses_hello(c, ruling, codes, ARRAY_LEN(codes));
}

enum confidence rule_tls_no_common_params(const struct verdict_case *c, struct ruling *ruling)
{
    static const uint8_t codes[] = {40, 47, 71};

    return refuses_hello(c, ruling, codes, ARRAY_LEN(codes));
}

/* From the client, these speak of the server's certificate (9.2). */
enum confidence rule_tls_server_cert_rejected(const struct verdict_case *c, struct ruling *ruling)
{
    static const uint8_t codes[] = {42, 43, 44, 45, 46, 48, 113};

    if (!has_alert(c, SIDE_CLIENT, codes, ARRAY_LEN(codes)))
        return CONFIDENCE_NONE;
    say_alert(c, SIDE_CLIENT, ruling);
    return CONFIDENCE_CERTAIN;
}

enum confidence rule_tls_alert_other(const struct verdict_case *c, struct ruling *ruling)
{
    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        if (has_alert(c, (enum flow_side)s, NULL, 0)) {
            say_alert(c, (enum flow_side)s, ruling);
            return CONFIDENCE_CERTAIN;
        }
    }
    return CONFIDENCE_NONE;
}

enum confidence rule_h2_goaway(const struct verdict_case *c, struct ruling *ruling)
{
    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        const struct speech_facts *speech = speech_of(c, (enum flow_side)s);

        if (speech->goaway_frame) {
            because(ruling, "goaway", speech->goaway_frame, "GOAWAY error %u, last stream %u",
                    speech->goaway_code, speech->goaway_last_stream);
            return CONFIDENCE_CERTAIN;
        }
    }
    return CONFIDENCE_NONE;
}
