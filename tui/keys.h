/* SPDX-License-Identifier: BSD-2-Clause */
/* One table of keys: what each does, and the words for it. Help and the key bar come from it. */
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

#include <stddef.h>

/* A key is an ASCII code or one of these. */
enum keycode {
    KEYCODE_TAB = '\t',
    KEYCODE_ENTER = '\r',
    KEYCODE_ESCAPE = 0x1b,
    KEYCODE_UP = 0x100,
    KEYCODE_DOWN,
    KEYCODE_LEFT,
    KEYCODE_RIGHT,
    KEYCODE_PAGE_UP,
    KEYCODE_PAGE_DOWN,
    KEYCODE_HOME,
    KEYCODE_END,
    KEYCODE_BACK_TAB,
    KEYCODE_BACKSPACE,
    KEYCODE_F1,
    KEYCODE_F2,
    KEYCODE_F3,
    KEYCODE_F4,
    KEYCODE_F5,
    KEYCODE_F6,
    KEYCODE_F10,
    KEYCODE_WHEEL_UP,
    KEYCODE_WHEEL_DOWN,
    KEYCODE_CLICK, /* where: terminal_click() */
    KEYCODE_OTHER  /* a key without a meaning here */
};

#define KEYCODE_CTRL(letter) ((letter)&0x1f)

/* What fills the terminal. */
enum scene {
    SCENE_OVERVIEW,
    SCENE_ENDPOINT,
    SCENE_FLOW,
    SCENE_BYTES, /* of one packet */
    SCENE_COUNT
};

enum action {
    ACTION_NONE,
    ACTION_UP,
    ACTION_DOWN,
    ACTION_PAGE_UP,
    ACTION_PAGE_DOWN,
    ACTION_HALF_UP,
    ACTION_HALF_DOWN,
    ACTION_FIRST,
    ACTION_LAST,
    ACTION_PANE_NEXT,
    ACTION_PANE_PREVIOUS,
    ACTION_ALONE_WHY,
    ACTION_ALONE_WHERE,
    ACTION_ALONE_LATEST,
    ACTION_ALONE_INCIDENTS,
    ACTION_LEFT,
    ACTION_RIGHT,
    ACTION_OPEN,
    ACTION_BACK,
    ACTION_NEXT,
    ACTION_PREVIOUS,
    ACTION_FIND,
    ACTION_FIND_NEXT,
    ACTION_FIND_PREVIOUS,
    ACTION_FILTER,
    ACTION_FILTER_CLEAR,
    ACTION_SAVE,
    ACTION_REPORT,
    ACTION_MARK,
    ACTION_UNMARK,
    ACTION_HEALTH,
    ACTION_SORT_NEXT,
    ACTION_SORT_PREVIOUS,
    ACTION_REVERSE,
    ACTION_ZERO,
    ACTION_TIME,
    ACTION_FAMILIES,
    ACTION_SLOWER,
    ACTION_FASTER,
    ACTION_RAW_NUMBERS,
    ACTION_OPTIONS,
    ACTION_COPY,
    ACTION_PAUSE,
    ACTION_MOUSE,
    ACTION_REDRAW,
    ACTION_HELP,
    ACTION_QUIT,
    ACTION_COUNT
};

enum key_group {
    KEYS_MOVE,
    KEYS_LOOK,
    KEYS_NARROW,
    KEYS_VIEW,
    KEYS_KEEP,
    KEYS_REST,
    KEY_GROUP_COUNT
};

#define KEY_BINDINGS_MAX 8

struct key_binding {
    int code; /* 0 = end */
    enum action action;
};

#define KEY_BAR_MAX 2

/* An entry of the key bar, "s sort"; words NULL = end. */
struct key_bar {
    const char *words;
    int keep;        /* the smaller, the sooner it is left out of a narrow bar */
    unsigned scenes; /* that have it: bits 1 << enum scene */
};

/* A line of the help: keys that belong together. */
struct key_row {
    enum key_group group;
    const char *keys; /* as people read them: "s r" */
    const char *help;
    struct key_bar bar[KEY_BAR_MAX];
    struct key_binding binding[KEY_BINDINGS_MAX];
};

/* All rows, in the order of the groups. */
const struct key_row *keys_rows(size_t *n_rows);
const char *keys_group_title(enum key_group group);

/* ACTION_NONE for a key that does nothing. */
enum action keys_action(int code);

#endif
