/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Roles and what they look like. Panels say what a piece of text is; the theme says how that is
 * shown. Colour only repeats what letters and marks say already: every scheme can be read
 * without it.
 */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include <stdbool.h>

#include "base/err.h"

enum role {
    ROLE_TEXT,
    ROLE_STRONG, /* what the eye should find first in ordinary text */
    ROLE_RULE,   /* lines between panes */
    ROLE_TITLE,
    ROLE_TITLE_ACTIVE, /* of the pane that the arrows move in */
    ROLE_CURSOR,       /* row under the cursor */
    ROLE_INCIDENT,
    ROLE_FAILURE,
    ROLE_FORGED,
    ROLE_WARNING, /* loss, paused: the figures are not what they seem */
    ROLE_KEY,
    ROLE_COUNT
};

enum scheme {
    SCHEME_MONO,
    SCHEME_ANSI,
    SCHEME_OKABE, /* 256 colours; the Okabe-Ito set, safe for colour-blind eyes */
    SCHEME_COUNT
};

enum color_wish {
    COLOR_AUTO,
    COLOR_NEVER,
    COLOR_ALWAYS,
    COLOR_WISH_COUNT
};

/* What the user asked for. */
struct theme_wish {
    enum color_wish color;
    enum scheme scheme; /* SCHEME_ANSI unless asked for another */
};

/* What the terminal and its environment are. */
struct theme_env {
    const char *term;           /* $TERM; NULL = unset */
    const char *no_color;       /* $NO_COLOR; NULL or "" = unset */
    int n_colors;               /* of terminfo; below 0 = unknown */
    bool is_utf8;               /* the locale's characters */
    int rule_width_cells;       /* wcwidth() of U+2500: 2 in some East Asian locales */
    const char *clicolor_force; /* $CLICOLOR_FORCE; NULL, "" or "0" = unset */
};

#define THEME_BOLD 0x1u
#define THEME_REVERSE 0x2u
#define THEME_UNDERLINE 0x4u

struct look {
    short color; /* foreground; -1 = the terminal's own */
    unsigned attributes;
};

/* Reads "color=never,theme=okabe"; NULL or "" wishes for nothing. -EINVAL for other words. */
int theme_parse_wish(struct theme_wish *wish, const char *words, struct err *err) MUST_CHECK;

/* Colours are wanted even where the terminal's description has none: --color=always, or
 * CLICOLOR_FORCE without NO_COLOR. */
bool theme_forces_color(const struct theme_wish *wish, const struct theme_env *env);

enum scheme theme_scheme(const struct theme_wish *wish, const struct theme_env *env);
bool theme_is_ascii(bool is_wished, const struct theme_env *env);
struct look theme_look(enum scheme scheme, enum role role);

#endif
