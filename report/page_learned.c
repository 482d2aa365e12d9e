// page_learned.c: "What TransInv learned" (claim C3): what each augmentation does, its magnitudes beside the statistic, and
// pictures. Tests: tests/report_learned_test.c, tests/report_page_test.c.
#include <math.h>

#include "report/page_parts.h"
#include "report/panel_image.h"

static void append_row_head(int column, struct text *html)
{
    text_append_format(html, "<tr><th scope=\"row\">%s<small>%s</small></th>", paper_columns[column].code,
                       paper_columns[column].title);
}

// "±0.8", or "0.2…1.8".
static void append_range(double low, double high, struct text *html)
{
    const bool symmetric = low == -high;
    text_append(html, symmetric ? "\u00b1" : "");
    if (!symmetric) text_append_number(html, low);
    text_append(html, symmetric ? "" : "\u2026");
    text_append_number(html, high);
}

// "100,000".
static void append_count(size_t count, struct text *html)
{
    if (count >= 1000)
        text_append_format(html, "%zu,%03zu", count / 1000, count % 1000);
    else
        text_append_format(html, "%zu", count);
}

static bool is_present(const struct learned_table *learned, int primitive)
{
    for (int column = 0; column < PAPER_COLUMNS; column++)
        if (learned->columns[column].mean.parts[primitive].present) return true;
    return false;
}

// ---- the statistic ---------------------------------------------------------------------------------------------

static void append_contrast(const char *name, const struct invariance_contrast *contrast, struct text *html)
{
    if (!contrast->present) return;
    text_append_format(html, "<tr><th scope=\"row\">%s</th><td class=\"number\">%zu, %zu</td>", name, contrast->matched,
                       contrast->unmatched);
    page_append_number_cell(contrast->matched_mean, 2, html);
    page_append_number_cell(contrast->unmatched_mean, 2, html);
    page_append_number_cell(contrast->difference, 2, html);
    text_append(html, "<td class=\"number\">");
    text_append_probability(html, contrast->greater);
    text_append(html, "</td></tr>\n");
}

static void append_statistic(const struct report_summary *summary, struct text *html)
{
    const struct invariance_match *match = &summary->learned.match;
    const struct claim_evidence evidence = claims_evidence_learned(summary);
    text_append(html, "<h3>Does it move most where the teacher is invariant?</h3>\n");
    if (match->missing[0] != '\0') {
        text_append_format(html, "<p class=\"muted\">%s</p>\n", match->missing);
        return;
    }
    page_open_table("Magnitudes of matched and unmatched teachers", "statistic", html);
    text_append_format(
        html,
        "<caption><span>Magnitudes, standardised over the %zu teachers: mean over those whose corruption the primitive "
        "matches, and over the others; p by permutation of the teachers, one-sided (every choice for one primitive, %s",
        match->teachers, match->exact ? "all " : "");
    append_count(match->permutations, html);
    text_append(html, " orders for all together).</span></caption>\n<thead><tr><th scope=\"col\">Primitive</th>");
    static const char *const heads[] = {"Matched, others", "Mean, matched", "Mean, others", "Difference", "p"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        text_append_format(html, "<th scope=\"col\" class=\"number\">%s</th>", heads[i]);
    text_append(html, "</tr></thead>\n<tbody>\n");
    for (int p = 0; p < LEARNED_PRIMITIVES; p++) append_contrast(learned_kinds[p].key, &match->primitives[p], html);
    append_contrast("All together", &match->all, html);
    text_append(html, "</tbody>\n");
    page_close_table(html);
    page_append_verdict(summary, &evidence, html);
}

// ---- magnitudes, losses, agreements ----------------------------------------------------------------------------

static void append_outcome_row(const struct learned_table *learned, int column, struct text *html)
{
    const struct learned_column *own = &learned->columns[column];
    append_row_head(column, html);
    for (int p = 0; p < LEARNED_PRIMITIVES; p++) {
        if (!is_present(learned, p)) continue;
        const bool matched = invariance_match_has((enum learned_primitive)p, column);
        text_append(html, matched ? "<td class=\"number\"><b>" : "<td class=\"number\">");
        text_append_fixed(html, learned->magnitudes.of[p][column], 4);
        text_append(html, matched ? "</b></td>" : "</td>");
    }
    page_append_number_cell(own->mean.adversarial_loss, 3, html);
    page_append_number_cell(own->mean.distance, 4, html);
    page_append_number_cell(100 * own->mean.target_agreement, 1, html);
    page_append_number_cell(100 * own->mean.teacher_agreement, 1, html);
    page_append_number_cell(own->mean.contrast_kept, 2, html);
    text_append(html, "</tr>\n");
}

static void append_outcomes(const struct learned_table *learned, struct text *html)
{
    static const char *const heads[] = {"Adversarial loss", "Distance", "Target agrees, %", "Teacher agrees, %",
                                        "Contrast kept"};
    text_append(html, "<h3>Magnitudes, losses, agreement</h3>\n");
    page_open_table("Magnitudes, losses and agreement by corruption", "learned", html);
    text_append(
        html, "<caption><span>After the last epoch. A primitive\u2019s magnitude is its gate\u2019s probability times "
              "the mean absolute deviation of its parameters from the identity; bold where it matches the "
              "teacher\u2019s corruption. Agreement: images whose predicted class stays when they are "
              "augmented.</span></caption>\n<thead><tr><th scope=\"col\">Teacher</th>");
    for (int p = 0; p < LEARNED_PRIMITIVES; p++)
        if (is_present(learned, p))
            text_append_format(html, "<th scope=\"col\" class=\"number\">%s</th>", learned_kinds[p].key);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        text_append_format(html, "<th scope=\"col\" class=\"number\">%s</th>", heads[i]);
    text_append(html, "</tr></thead>\n<tbody>\n");
    for (int column = 0; column < PAPER_COLUMNS; column++)
        if (learned->columns[column].seeds > 0) append_outcome_row(learned, column, html);
    text_append(html, "</tbody>\n");
    page_close_table(html);
}

// ---- distributions ---------------------------------------------------------------------------------------------

// Where a value lies in a range, in percent of it.
static double place_of(const struct learned_parameter *parameter, double value)
{
    double place = 100 * (value - parameter->low) / (parameter->high - parameter->low);
    return place < 0 ? 0 : place > 100 ? 100 : place;
}

static void append_rectangle(const char *class_name, double from, double to, double least, struct text *html)
{
    const double middle = (from + to) / 2, half = (to - from < least ? least : to - from) / 2;
    text_append_format(html, "<rect class=\"%s\" height=\"100%%\" x=\"", class_name);
    text_append_fixed(html, fmin(fmax(middle - half, 0), 100 - 2 * half), 1);
    text_append(html, "\" width=\"");
    text_append_fixed(html, 2 * half, 1);
    text_append(html, "\"/>");
}

static void append_interval_numbers(const struct learned_parameter *parameter, const double *quantiles,
                                    struct text *html)
{
    text_append_fixed(html, quantiles[2] - parameter->origin, parameter->decimals);
    text_append(html, "<small>");
    text_append_fixed(html, quantiles[0] - parameter->origin, parameter->decimals);
    text_append(html, "\u2026");
    text_append_fixed(html, quantiles[4] - parameter->origin, parameter->decimals);
    text_append(html, "</small>");
}

// The numbers stand below, so the drawing is for eyes alone.
static void append_interval(const struct learned_parameter *parameter, const double *quantiles, struct text *html)
{
    static const char box[] = "<svg class=\"interval\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" "
                              "aria-hidden=\"true\"><rect class=\"track\" width=\"100\" height=\"100%\"/>";
    text_append(html, "<td class=\"drawn\">");
    if (isfinite(quantiles[0]) && isfinite(quantiles[2]) && isfinite(quantiles[4])) {
        const double identity = place_of(parameter, parameter->identity), median = place_of(parameter, quantiles[2]);
        text_append(html, box);
        append_rectangle("identity", identity, identity, 1, html);
        append_rectangle("spread", place_of(parameter, quantiles[0]), place_of(parameter, quantiles[4]), 2, html);
        append_rectangle("median", median, median, 2, html);
        text_append(html, "</svg>");
        append_interval_numbers(parameter, quantiles, html);
    }
    text_append(html, "</td>");
}

static void append_gate(double gate, struct text *html)
{
    static const struct learned_parameter probability = {"gate", 0, 1, 0, 0, 2};
    text_append(html, "<td class=\"drawn gate\">");
    if (isfinite(gate)) {
        text_append(html, "<svg class=\"interval\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" "
                          "aria-hidden=\"true\"><rect class=\"track\" width=\"100\" height=\"100%\"/>");
        append_rectangle("spread", 0, place_of(&probability, gate), 1, html);
        text_append(html, "</svg>");
        text_append_fixed(html, gate, probability.decimals);
    }
    text_append(html, "</td>");
}

static void append_distribution_row(const struct learned_table *learned, int column, struct text *html)
{
    append_row_head(column, html);
    for (int p = 0; p < LEARNED_PRIMITIVES; p++) {
        const struct learned_kind *kind = &learned_kinds[p];
        const struct learned_part *part = &learned->columns[column].mean.parts[p];
        if (!is_present(learned, p)) continue;
        append_gate(part->present ? part->gate : NAN, html);
        for (int i = 0; i < kind->parameter_count; i++) {
            static const double unknown[LEARNED_QUANTILES] = {NAN, NAN, NAN, NAN, NAN};
            append_interval(&kind->parameters[i], part->present ? part->quantiles[i] : unknown, html);
        }
    }
    text_append(html, "</tr>\n");
}

static void append_distribution_head(const struct learned_table *learned, struct text *html)
{
    text_append(html, "<colgroup><col class=\"teacher\">");
    for (int p = 0; p < LEARNED_PRIMITIVES; p++)
        if (is_present(learned, p))
            text_append_format(html, "<col class=\"narrow\"><col span=\"%d\">", learned_kinds[p].parameter_count);
    text_append(html, "</colgroup>\n<thead><tr><th scope=\"col\" rowspan=\"2\">Teacher</th>");
    for (int p = 0; p < LEARNED_PRIMITIVES; p++)
        if (is_present(learned, p))
            text_append_format(html, "<th scope=\"colgroup\" class=\"gate\" colspan=\"%d\">%s</th>",
                               1 + learned_kinds[p].parameter_count, learned_kinds[p].key);
    text_append(html, "</tr>\n<tr>");
    for (int p = 0; p < LEARNED_PRIMITIVES; p++) {
        const struct learned_kind *kind = &learned_kinds[p];
        if (!is_present(learned, p)) continue;
        text_append(html, "<th scope=\"col\" class=\"gate\">gate<small>0\u20261</small></th>");
        for (int i = 0; i < kind->parameter_count; i++) {
            const struct learned_parameter *parameter = &kind->parameters[i];
            text_append_format(html, "<th scope=\"col\">%s<small>", parameter->key);
            append_range(parameter->low - parameter->origin, parameter->high - parameter->origin, html);
            text_append(html, "</small></th>");
        }
    }
    text_append(html, "</tr></thead>\n");
}

static void append_distributions(const struct learned_table *learned, struct text *html)
{
    text_append(html, "<h3>Distributions of the parameters</h3>\n");
    page_open_table("Distributions of the parameters by corruption", "distributions", html);
    text_append(html,
                "<caption><span>Gate: probability that the primitive acts. Parameters: median, and below it the 5 and "
                "95\u00a0% quantile, drawn on the range in the head; the thin line is the identity. Geometric entries "
                "as deviation from the identity, the others as they are; blur in pixels, noise in units of "
                "[0,\u00a01].</span></caption>\n");
    append_distribution_head(learned, html);
    text_append(html, "<tbody>\n");
    for (int column = 0; column < PAPER_COLUMNS; column++)
        if (learned->columns[column].seeds > 0) append_distribution_row(learned, column, html);
    text_append(html, "</tbody>\n");
    page_close_table(html);
}

// ---- pictures --------------------------------------------------------------------------------------------------

// What keeps a picture from being shown becomes a sentence.
static void append_panel(const struct report_summary *summary, int column, struct text *html)
{
    const struct run_record *run = summary->learned.columns[column].first;
    struct text description = {0}, image = {0};
    text_append_format(html, "<figure class=\"panel\"><figcaption>%s <span class=\"muted\">%s</span></figcaption>\n",
                       paper_columns[column].code, paper_columns[column].title);
    text_append_format(&description,
                       "Training images in rows. In each: the image, its %s at severity 3, and three draws of the "
                       "augmentation learned from the teacher of that corruption.",
                       paper_columns[column].title);
    struct status status = panel_image_append(summary->panels_folder, run->folder, description.bytes, &image);
    if (status.code == STATUS_OK) {
        text_append(html, "<details><summary>");
        text_append_bytes(html, image.bytes, image.length);
        text_append(html, "<span class=\"more\">all rows</span></summary></details>");
    } else {
        text_append(html, "<p class=\"muted\">No picture: ");
        text_append_html(html, status.message);
        text_append(html, ".</p>");
    }
    text_append(html, "</figure>\n");
    html->failed = html->failed || description.failed || image.failed;
    text_destroy(&description);
    text_destroy(&image);
}

static void append_panels(const struct report_summary *summary, struct text *html)
{
    text_append(html, "<h3>Pictures</h3>\n");
    if (summary->panels_folder == NULL) {
        text_append(html, "<p class=\"muted\">Pictures of training images were left out on request "
                          "(<code>--no-panels</code>).</p>\n");
        return;
    }
    text_append(html, "<p>Columns: image, the teacher\u2019s corruption at severity\u00a03, three draws of the learned "
                      "augmentation. One training image a row, of the first seed that is done.</p>\n"
                      "<div class=\"panels\" role=\"region\" tabindex=\"0\" aria-label=\"Pictures by corruption\">\n");
    for (int column = 0; column < PAPER_COLUMNS; column++)
        if (summary->learned.columns[column].seeds > 0) append_panel(summary, column, html);
    text_append(html, "</div>\n");
}

void page_append_learned(const struct report_summary *summary, struct text *html)
{
    const struct learned_table *learned = &summary->learned;
    page_open_section("learned", "What TransInv learned", html);
    text_append(html,
                "<p>The paper\u2019s claim: the learned augmentation comes close to the corruption that the teacher "
                "is invariant to. Noise is matched by GN SN IN, contrast by Br Co Fo, geometric by ET, blur by DB "
                "GB MB ZB Pi; Sn Fr JC are matched by none.</p>\n");
    if (learned->column_count > 0) {
        if (learned->least_seeds > 1) text_append(html, "<p>Every number is a mean over seeds.</p>\n");
        append_statistic(summary, html);
        append_outcomes(learned, html);
        append_distributions(learned, html);
        append_panels(summary, html);
    } else {
        text_append(html, "<p class=\"muted\">No run of TransInv that is done says what it has learned.</p>\n");
    }
    text_append(html, "</section>\n");
}
