/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "sink/report_page.h"

struct fixture {
    struct page page;
    FILE *out;
    char *bytes;
    size_t n_bytes;
};

static struct fixture *begin(bool is_ascii)
{
    static struct fixture fixture;

    fixture.out = open_memstream(&fixture.bytes, &fixture.n_bytes);
    page_init(&fixture.page, fixture.out, is_ascii);
    return &fixture;
}

/* Ends the page and compares all of it. */
static void expect(struct fixture *fixture, const char *text)
{
    fclose(fixture->out);
    assert_string_equal(fixture->bytes, text);
    free(fixture->bytes);
}

static void words_are_wrapped_at_100_columns_and_indented(void **state)
{
    struct fixture *f = begin(false);
    char words[8 * 20 + 1] = "";

    (void)state;
    for (int i = 0; i < 20; i++)
        strcat(words, "1234567 ");
    page_add(&f->page, "  label");
    page_column(&f->page, 10);
    page_wrap(&f->page, 10, words);
    page_end(&f->page);
    expect(f,
           "  label   1234567 1234567 1234567 1234567 1234567 1234567 1234567 1234567 1234567 "
           "1234567 1234567\n"
           "          1234567 1234567 1234567 1234567 1234567 1234567 1234567 1234567 1234567\n");
}

static void a_word_longer_than_a_line_is_broken(void **state)
{
    struct fixture *f = begin(false);
    char word[151];

    (void)state;
    memset(word, 'x', 150);
    word[150] = '\0';
    page_wrap(&f->page, 4, word);
    page_end(&f->page);
    fclose(f->out);
    assert_int_equal(strcspn(f->bytes, "\n"), 100);
    assert_int_equal(strlen(f->bytes), 100 + 1 + 4 + 50 + 1);
    free(f->bytes);
}

static void a_broken_command_goes_on_behind_a_backslash_and_keeps_its_quotes(void **state)
{
    struct fixture *f = begin(false);

    (void)state;
    page_wrap_command(&f->page, 2,
                      "tcpdump -nni any -w /tmp/a.pcap --snapshot-length=262144 "
                      "'tcp port 80 and host 10.0.0.1 and not host 10.0.0.2'");
    page_end(&f->page);
    expect(f, "tcpdump -nni any -w /tmp/a.pcap --snapshot-length=262144 \\\n"
              "  'tcp port 80 and host 10.0.0.1 and not host 10.0.0.2'\n");
}

static void what_does_not_fit_on_the_right_gets_its_own_line(void **state)
{
    struct fixture *f = begin(false);
    char left[96];

    (void)state;
    page_add(&f->page, "left");
    page_right(&f->page, "right");
    page_end(&f->page);
    memset(left, 'l', 95);
    left[95] = '\0';
    page_add(&f->page, left);
    page_right(&f->page, "right");
    page_end(&f->page);
    fclose(f->out);
    assert_int_equal(strcspn(f->bytes, "\n"), 100);
    assert_memory_equal(f->bytes + 101, left, 95);
    assert_int_equal(strlen(f->bytes), 101 + 96 + 101);
    free(f->bytes);
}

static void bytes_of_strangers_are_shown_not_obeyed(void **state)
{
    struct fixture *f = begin(false);

    (void)state;
    page_add(&f->page, "\x1b[2J\x9b\xe2\x80\xae\r\n\t\x7f");
    page_wrap(&f->page, 0, " \x1b]52;c;eA==\x07");
    page_end(&f->page);
    expect(f, "\\x1b[2J\\x9b\\xe2\\x80\\xae\\x0d\\x0a\\x09\\x7f\\x1b]52;c;eA==\\x07\n");
}

static void a_line_never_grows_beyond_the_page(void **state)
{
    struct fixture *f = begin(false);

    (void)state;
    for (int i = 0; i < 300; i++)
        page_addf(&f->page, "%c", 'a' + i % 26);
    page_end(&f->page);
    fclose(f->out);
    assert_int_equal(strlen(f->bytes), 101);
    free(f->bytes);
}

static void bars_count_as_one_cell_each(void **state)
{
    struct fixture *f = begin(false);

    (void)state;
    for (unsigned level = 0; level <= PAGE_BAR_LEVELS + 1; level++)
        page_bar(&f->page, level);
    assert_int_equal(f->page.n_cells, PAGE_BAR_LEVELS + 2);
    page_end(&f->page);
    expect(f, " ▁▂▃▄▅▆▇██\n");
}

static void without_utf8_bars_are_ascii(void **state)
{
    struct fixture *f = begin(true);

    (void)state;
    for (unsigned level = 1; level <= PAGE_BAR_LEVELS; level++)
        page_bar(&f->page, level);
    page_end(&f->page);
    expect(f, ".:-=+*#@\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_wrapped_at_100_columns_and_indented),
        cmocka_unit_test(a_word_longer_than_a_line_is_broken),
        cmocka_unit_test(a_broken_command_goes_on_behind_a_backslash_and_keeps_its_quotes),
        cmocka_unit_test(what_does_not_fit_on_the_right_gets_its_own_line),
        cmocka_unit_test(bytes_of_strangers_are_shown_not_obeyed),
        cmocka_unit_test(a_line_never_grows_beyond_the_page),
        cmocka_unit_test(bars_count_as_one_cell_each),
        cmocka_unit_test(without_utf8_bars_are_ascii),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
