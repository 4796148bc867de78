/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>

#include "base/compiler.h"
#include "tui/theme.h"

static void colours_are_chosen_by_wish_then_by_environment(void **state)
{
    static const struct {
        struct theme_wish wish;
        const char *no_color, *clicolor_force;
        int n_colors;
        enum scheme scheme;
    } cases[] = {
        {{COLOR_AUTO, SCHEME_ANSI}, NULL, NULL, 256, SCHEME_ANSI},
        {{COLOR_AUTO, SCHEME_ANSI}, NULL, NULL, 8, SCHEME_ANSI},
        {{COLOR_AUTO, SCHEME_ANSI}, NULL, NULL, 7, SCHEME_MONO},
        {{COLOR_AUTO, SCHEME_ANSI}, NULL, NULL, -1, SCHEME_MONO},
        {{COLOR_AUTO, SCHEME_ANSI}, "", NULL, 256, SCHEME_ANSI}, /* empty is unset: no-color.org */
        {{COLOR_AUTO, SCHEME_ANSI}, "0", NULL, 256, SCHEME_MONO},
        {{COLOR_ALWAYS, SCHEME_ANSI}, "1", NULL, 256, SCHEME_ANSI},
        {{COLOR_ALWAYS, SCHEME_ANSI}, NULL, NULL, -1, SCHEME_ANSI},
        {{COLOR_ALWAYS, SCHEME_OKABE}, NULL, NULL, -1, SCHEME_ANSI},
        {{COLOR_AUTO, SCHEME_ANSI}, NULL, "1", -1, SCHEME_ANSI},
        {{COLOR_AUTO, SCHEME_ANSI}, NULL, "0", -1, SCHEME_MONO}, /* bixense.com/clicolors */
        {{COLOR_AUTO, SCHEME_ANSI}, NULL, "", -1, SCHEME_MONO},
        {{COLOR_AUTO, SCHEME_ANSI}, "1", "1", 256, SCHEME_MONO}, /* NO_COLOR beats it */
        {{COLOR_NEVER, SCHEME_ANSI}, NULL, "1", 256, SCHEME_MONO},
        {{COLOR_NEVER, SCHEME_OKABE}, NULL, NULL, 256, SCHEME_MONO},
        {{COLOR_AUTO, SCHEME_OKABE}, NULL, NULL, 256, SCHEME_OKABE},
        {{COLOR_AUTO, SCHEME_OKABE}, NULL, NULL, 16, SCHEME_ANSI},
        {{COLOR_AUTO, SCHEME_MONO}, NULL, NULL, 256, SCHEME_MONO},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct theme_env env = {.no_color = cases[i].no_color,
                                .clicolor_force = cases[i].clicolor_force,
                                .n_colors = cases[i].n_colors};

        assert_int_equal(theme_scheme(&cases[i].wish, &env), cases[i].scheme);
    }
}

static void ascii_is_chosen_where_boxes_would_break(void **state)
{
    static const struct {
        bool is_wished;
        struct theme_env env;
        bool is_ascii;
    } cases[] = {
        {false, {"xterm-256color", NULL, 256, true, 1, NULL}, false},
        {false, {NULL, NULL, 256, true, 1, NULL}, false},
        {true, {"xterm-256color", NULL, 256, true, 1, NULL}, true},
        {false, {"xterm-256color", NULL, 256, false, 1, NULL}, true},
        {false,
         {"xterm-256color", NULL, 256, true, 2, NULL},
         true}, /* East Asian ambiguous width */
        {false, {"xterm-256color", NULL, 256, true, -1, NULL}, true},
        {false, {"linux", NULL, 8, true, 1, NULL}, true},
        {false, {"vt100", NULL, -1, true, 1, NULL}, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(theme_is_ascii(cases[i].is_wished, &cases[i].env), cases[i].is_ascii);
}

static void wishes_are_read_and_unknown_ones_refused(void **state)
{
    struct theme_wish wish = {COLOR_NEVER, SCHEME_MONO};
    struct err err;

    (void)state;
    assert_int_equal(theme_parse_wish(&wish, "color=never,theme=purple", &err), -EINVAL);
    assert_string_equal(err.text, "the screen has no setting \"theme=purple\"");
    assert_int_equal(wish.color, COLOR_NEVER); /* untouched on failure */
    assert_int_equal(theme_parse_wish(&wish, NULL, &err), 0);
    assert_int_equal(wish.color, COLOR_AUTO);
    assert_int_equal(wish.scheme, SCHEME_ANSI);
    assert_int_equal(theme_parse_wish(&wish, "theme=okabe,color=always", &err), 0);
    assert_int_equal(wish.color, COLOR_ALWAYS);
    assert_int_equal(wish.scheme, SCHEME_OKABE);
}

/* Without colour a role that warns must still look unlike ordinary text. */
static void every_scheme_tells_warnings_from_text(void **state)
{
    static const enum role loud[] = {ROLE_CURSOR, ROLE_INCIDENT, ROLE_FORGED, ROLE_WARNING,
                                     ROLE_TITLE_ACTIVE};

    (void)state;
    for (unsigned scheme = 0; scheme < SCHEME_COUNT; scheme++)
        for (size_t i = 0; i < ARRAY_LEN(loud); i++) {
            struct look look = theme_look((enum scheme)scheme, loud[i]);

            assert_int_not_equal(look.attributes, 0);
            if (scheme == SCHEME_MONO)
                assert_int_equal(look.color, -1);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_are_chosen_by_wish_then_by_environment),
        cmocka_unit_test(ascii_is_chosen_where_boxes_would_break),
        cmocka_unit_test(wishes_are_read_and_unknown_ones_refused),
        cmocka_unit_test(every_scheme_tells_warnings_from_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
