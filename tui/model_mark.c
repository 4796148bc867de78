/* SPDX-License-Identifier: BSD-2-Clause */
/* What a mark on a row means. */
#include "tui/model.h"
#include "tui/visit.h"

/* False where the row is nothing that can be marked. */
static bool mark_at(const struct model *model, enum pane pane, uint32_t row, struct mark *mark)
{
    if (row >= model->view[pane].n_rows)
        return false;
    if (pane == PANE_WHERE)
        *mark = mark_of_endpoint(&model->where.id[row]);
    else if (pane == PANE_LATEST)
        *mark = mark_of(MARK_FLOW, model->shown.latest[row].flow_id);
    else if (pane == PANE_FLOWS)
        *mark = mark_of(MARK_FLOW, model->visit.flow[row]);
    else if (pane == PANE_PACKETS)
        *mark = mark_of(MARK_PACKET, model->visit.ladder.row[row].mark.frame);
    else
        return false;
    return true;
}

bool model_is_marked(const struct model *model, enum pane pane, uint32_t row)
{
    struct mark mark;

    return model->marks.n > 0 && mark_at(model, pane, row, &mark) &&
           marks_have(&model->marks, &mark);
}

bool model_toggle_mark(struct model *model)
{
    struct mark mark;

    if (!mark_at(model, model->active, model->view[model->active].cursor, &mark))
        return false;
    if (!marks_toggle(&model->marks, &mark))
        model_say(model, "not marked", "no room for more", "; u takes all away");
    return true;
}

uint32_t model_count_marked(const struct model *model)
{
    return marks_count(&model->marks, MARK_ENDPOINT) + marks_count(&model->marks, MARK_FLOW);
}
