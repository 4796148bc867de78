/* SPDX-License-Identifier: BSD-2-Clause */
/* See theme.h. */
#include "tui/theme.h"

#include <errno.h>
#include <string.h>

#include "base/compiler.h"

#define ANSI_COLORS 8
#define OKABE_COLORS 256

/* Foregrounds. ANSI: 3 yellow, 5 magenta; no blue, which many terminals make too dark to read.
 * The 256-colour indexes are the nearest to the Okabe-Ito set: 214 orange, 175 reddish purple,
 * 74 sky blue, 166 vermillion. */
static const struct look looks[SCHEME_COUNT][ROLE_COUNT] =
    {
        [SCHEME_MONO] =
            {
                [ROLE_TEXT] = {-1, 0},
                [ROLE_STRONG] = {-1, THEME_BOLD},
                [ROLE_RULE] = {-1, 0},
                [ROLE_TITLE] = {-1, THEME_BOLD},
                [ROLE_TITLE_ACTIVE] = {-1, THEME_BOLD | THEME_UNDERLINE},
                [ROLE_CURSOR] = {-1, THEME_REVERSE},
                [ROLE_INCIDENT] = {-1, THEME_BOLD},
                [ROLE_FAILURE] = {-1, 0},
                [ROLE_FORGED] = {-1, THEME_BOLD | THEME_REVERSE},
                [ROLE_WARNING] = {-1, THEME_BOLD | THEME_REVERSE},
                [ROLE_KEY] = {-1, THEME_BOLD},
            },
        [SCHEME_ANSI] =
            {
                [ROLE_TEXT] = {-1, 0},
                [ROLE_STRONG] = {-1, THEME_BOLD},
                [ROLE_RULE] = {-1, 0},
                [ROLE_TITLE] = {-1, THEME_BOLD},
                [ROLE_TITLE_ACTIVE] = {6, THEME_BOLD | THEME_UNDERLINE},
                [ROLE_CURSOR] = {-1, THEME_BOLD | THEME_REVERSE},
                [ROLE_INCIDENT] = {5, THEME_BOLD},
                [ROLE_FAILURE] = {3, 0},
                [ROLE_FORGED] = {5, THEME_BOLD | THEME_REVERSE},
                [ROLE_WARNING] = {3, THEME_BOLD | THEME_REVERSE},
                [ROLE_KEY] = {6, THEME_BOLD},
            },
        [SCHEME_OKABE] =
            {
                [ROLE_TEXT] = {-1, 0},
                [ROLE_STRONG] = {-1, THEME_BOLD},
                [ROLE_RULE] = {-1, 0},
                [ROLE_TITLE] = {-1, THEME_BOLD},
                [ROLE_TITLE_ACTIVE] = {74, THEME_BOLD | THEME_UNDERLINE},
                [ROLE_CURSOR] = {-1, THEME_BOLD | THEME_REVERSE},
                [ROLE_INCIDENT] = {175, THEME_BOLD},
                [ROLE_FAILURE] = {214, 0},
                [ROLE_FORGED] = {175, THEME_BOLD | THEME_REVERSE},
                [ROLE_WARNING] = {166, THEME_BOLD | THEME_REVERSE},
                [ROLE_KEY] = {74, THEME_BOLD},
            },
};

struct wish_word {
    const char *word;
    int color, scheme; /* -1 = says nothing about it */
};

static const struct wish_word wish_words[] = {
    {"color=auto", COLOR_AUTO, -1},     {"color=never", COLOR_NEVER, -1},
    {"color=always", COLOR_ALWAYS, -1}, {"theme=mono", -1, SCHEME_MONO},
    {"theme=ansi", -1, SCHEME_ANSI},    {"theme=okabe", -1, SCHEME_OKABE},
};

_Static_assert(ARRAY_LEN(wish_words) == (int)COLOR_WISH_COUNT + (int)SCHEME_COUNT,
               "a word each wish");

static const struct wish_word *find_word(const char *word, size_t n_bytes)
{
    for (size_t i = 0; i < ARRAY_LEN(wish_words); i++) {
        const char *known = wish_words[i].word;

        if (strlen(known) == n_bytes && memcmp(known, word, n_bytes) == 0)
            return &wish_words[i];
    }
    return NULL;
}

int theme_parse_wish(struct theme_wish *wish, const char *words, struct err *err)
{
    struct theme_wish parsed = {.color = COLOR_AUTO, .scheme = SCHEME_ANSI};

    while (words && *words != '\0') {
        size_t n_bytes = strcspn(words, ",");
        const struct wish_word *found = find_word(words, n_bytes);

        if (!found)
            return err_set(err, -EINVAL, "the screen has no setting \"%.*s\"", (int)n_bytes, words);
        if (found->color >= 0)
            parsed.color = (enum color_wish)found->color;
        if (found->scheme >= 0)
            parsed.scheme = (enum scheme)found->scheme;
        words += n_bytes + (words[n_bytes] == ',');
    }
    *wish = parsed;
    return 0;
}

static bool is_set(const char *value)
{
    return value && value[0] != '\0';
}

bool theme_forces_color(const struct theme_wish *wish, const struct theme_env *env)
{
    if (wish->color != COLOR_AUTO)
        return wish->color == COLOR_ALWAYS;
    return !is_set(env->no_color) && is_set(env->clicolor_force) &&
           strcmp(env->clicolor_force, "0") != 0;
}

enum scheme theme_scheme(const struct theme_wish *wish, const struct theme_env *env)
{
    int n_colors = env->n_colors;

    if (n_colors < ANSI_COLORS && theme_forces_color(wish, env))
        n_colors = ANSI_COLORS;
    if (wish->color == COLOR_NEVER || n_colors < ANSI_COLORS)
        return SCHEME_MONO;
    if (wish->color == COLOR_AUTO && is_set(env->no_color))
        return SCHEME_MONO;
    if (wish->scheme == SCHEME_OKABE && n_colors < OKABE_COLORS)
        return SCHEME_ANSI;
    return wish->scheme;
}

bool theme_is_ascii(bool is_wished, const struct theme_env *env)
{
    const char *term = env->term ? env->term : "";

    return is_wished || !env->is_utf8 || env->rule_width_cells != 1 || strcmp(term, "linux") == 0 ||
           strncmp(term, "vt", 2) == 0;
}

struct look theme_look(enum scheme scheme, enum role role)
{
    return looks[scheme][role];
}
