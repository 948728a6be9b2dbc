{{ config(materialized="view") }}

-- A project's budget, earned value and cost at the end of every week.
with
    budget as (
        select
            project_id,
            if(
                bool_or(planned_cost_reporting_amount is null),
                null,
                sum(planned_cost_reporting_amount)
            )::decimal(18, 2) as budget_amount,
            max(recorded_at) as recorded_at,
            max(known_from) as known_from
        from {{ ref("fct_budget_line") }}
        group by project_id
    ),
    -- a ledger speaks of the days up to its last booking; after it, nobody knows yet
    booking as (
        select *, max(cost_on) over (partition by site_id) as booked_on
        from {{ ref("fct_actual_cost") }}
        where project_id is not null
    ),
    cost as (
        select
            booking.project_id,
            date_trunc('week', booking.cost_on)::date as week_on,
            sum(booking.cost_reporting_amount) as amount,
            count(*) filter (where booking.cost_reporting_amount is null) as unrated,
            max(booking.booked_on) as booked_on,
            max(booking.recorded_at) as recorded_at,
            max(booking.known_from) as known_from
        from booking
        inner join {{ ref("dim_project") }} as project using (project_id)
        where booking.cost_on <= project.effective_on
        group by all
    ),
    baseline as (
        select project_id, min(baseline_start_on) as start_on
        from {{ ref("fct_baseline") }}
        where is_current and baseline_start_on <= baseline_finish_on
        group by all
    ),
    held as (
        select project_id, min(status_on) as first_on
        from {{ ref("int_finance__progress") }}
        group by all
    ),
    spent as (
        select project_id, min(week_on) as first_on, max(booked_on) as booked_on
        from cost
        group by all
    ),
    span as (
        select
            project.project_id,
            project.effective_on,
            date_trunc(
                'week', least(baseline.start_on, held.first_on, spent.first_on)
            )::date as first_on,
            baseline.start_on is not null as has_baseline,
            spent.booked_on
        from {{ ref("dim_project") }} as project
        left join baseline using (project_id)
        left join held using (project_id)
        left join spent using (project_id)
    ),
    week as (
        select
            * exclude (first_on),
            unnest(
                generate_series(
                    first_on::timestamp, effective_on::timestamp, interval 7 day
                )
            )::date as week_on,
            least(week_on + 6, effective_on) as status_on
        from span
    )
select
    week.project_id,
    week.week_on,
    week.status_on,
    budget.budget_amount,
    progress.progress_unit,
    progress.done_scope,
    progress.scope,
    try_cast(
        budget.budget_amount
        * progress.done_scope
        / nullif(progress.scope, 0) as decimal(18, 2)
    ) as earned_value_amount,
    if(
        week.status_on <= week.booked_on and sum(cost.unrated) over past = 0,
        sum(cost.amount) over past,
        null
    )::decimal(18, 2) as actual_cost_amount,
    progress.finished_on,
    nullif(
        concat_ws(
            '; ',
            if(week.has_baseline, null, 'no baseline'),
            case
                when budget.project_id is null
                then 'no budget'
                when budget.budget_amount is null
                then 'budget without exchange rate'
            end,
            if(coalesce(progress.scope, 0) = 0, 'no scope', null),
            case
                when count(cost.week_on) over past = 0
                then 'no actual cost'
                when sum(cost.unrated) over past > 0
                then 'actual cost without exchange rate'
                when week.status_on > week.booked_on
                then 'actual cost not booked yet'
            end
        ),
        ''
    ) as missing,
    greatest(
        budget.recorded_at, progress.recorded_at, max(cost.recorded_at) over past
    ) as recorded_at,
    greatest(
        budget.known_from, progress.known_from, max(cost.known_from) over past
    ) as known_from
from week
left join budget on budget.project_id = week.project_id
left join
    {{ ref("int_finance__progress") }} as progress
    on progress.project_id = week.project_id
    and progress.status_on = week.status_on
left join cost on cost.project_id = week.project_id and cost.week_on = week.week_on
window past as (partition by week.project_id order by week.week_on)
