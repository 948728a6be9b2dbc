-- What was to be done by the end of every week of the plan, in money. Each period of
-- the budget is spread evenly over its working days within the baseline; a budget of
-- one period, over the whole baseline.
with
    calendar as (select * from {{ working_days() }}),
    baseline as (
        select
            project_id, baseline_start_on as start_on, baseline_finish_on as finish_on
        from {{ ref("fct_baseline") }}
        where
            is_current
            and project_id is not null
            and baseline_start_on <= baseline_finish_on
    ),
    phased as (
        select
            project_id,
            period_on,
            sum(planned_cost_reporting_amount) as amount,
            bool_or(planned_cost_reporting_amount is null) as is_unrated
        from {{ ref("fct_budget_line") }}
        where project_id is not null
        group by all
    ),
    period as (
        select
            *,
            count(*) over project as periods,
            -- the last period is as long as the one before it
            coalesce(
                lead(period_on) over phases,
                period_on + to_months(
                    greatest(
                        1, datediff('month', lag(period_on) over phases, period_on)
                    )
                )
            )::date
            - 1 as ends_on
        from phased
        window
            project as (partition by project_id),
            phases as (partition by project_id order by period_on)
        qualify not bool_or(is_unrated) over project
    ),
    slice as (
        select
            project_id,
            period_on,
            amount,
            if(
                periods = 1 or start_on between period_on and ends_on,
                start_on,
                period_on
            ) as from_on,
            if(
                periods = 1 or finish_on between from_on and ends_on, finish_on, ends_on
            ) as until_on
        from period
        inner join baseline using (project_id)
    ),
    numbered as (
        select
            slice.*,
            {{ workday_number("slice.from_on") }} as from_workday,
            {{ workday_number("slice.until_on + 1") }} as until_workday
        from slice
        cross join calendar
    ),
    span as (
        select
            baseline.project_id,
            date_trunc('week', baseline.start_on)::date as origin_on,
            max(greatest(slice.until_on, baseline.finish_on)) as last_on,
            project.effective_on
        from baseline
        inner join slice using (project_id)
        inner join {{ ref("dim_project") }} as project using (project_id)
        group by all
    ),
    point as (
        select
            project_id,
            origin_on,
            unnest(
                generate_series(
                    origin_on + interval 6 day,
                    greatest(last_on, effective_on) + interval 6 day,
                    interval 7 day
                )
            )::date as status_on
        from span
        union
        select project_id, origin_on, effective_on
        from span
        where effective_on >= origin_on
    ),
    dated as (
        select *, {{ workday_number("status_on + 1") }} as status_workday
        from point
        cross join calendar
    )
select
    point.project_id,
    point.status_on,
    point.status_on - point.origin_on + 1 as plan_days,
    sum(
        case
            when slice.until_on <= point.status_on
            then slice.amount
            when
                slice.from_on > point.status_on
                or slice.until_workday <= slice.from_workday
            then 0
            else
                slice.amount * (
                    greatest(point.status_workday, slice.from_workday)
                    - slice.from_workday
                )
                / (slice.until_workday - slice.from_workday)
        end::decimal(18, 4)
    )::decimal(18, 2) as planned_value_amount
from dated as point
inner join numbered as slice using (project_id)
group by all
