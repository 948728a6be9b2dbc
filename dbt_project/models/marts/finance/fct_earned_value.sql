with
    curve as (
        -- planned value at the end of each week of the plan, from nothing to all of it
        select
            project_id,
            plan_weeks,
            value_amount,
            lead(value_amount) over (
                partition by project_id order by plan_weeks
            ) as next_amount
        from
            (
                select
                    project_id,
                    (plan_days / 7)::bigint as plan_weeks,
                    -- grows, even where a credit is planned
                    max(planned_value_amount) over run as value_amount,
                    coalesce(
                        max(planned_value_amount) over before, 0
                    ) as earlier_amount,
                    max(planned_value_amount) over (
                        partition by project_id
                    ) as whole_amount
                from {{ ref("int_finance__planned_value") }}
                where plan_days % 7 = 0
                window
                    run as (partition by project_id order by plan_days),
                    before as (
                        partition by project_id
                        order by plan_days
                        rows between unbounded preceding and 1 preceding
                    )
                union all
                select project_id, 0, 0, -1, 1
                from {{ ref("int_finance__planned_value") }}
                group by project_id
            )
        where earlier_amount < whole_amount
    ),
    plan as (
        select *, min(status_on) over (partition by project_id) as first_status_on
        from {{ ref("int_finance__planned_value") }}
    ),
    valued as (
        select
            week.*,
            if(
                week.status_on < begun.first_status_on, 0, plan.planned_value_amount
            ) as planned_value_amount,
            -- days that have passed, up to the one on which all was done
            if(
                week.status_on < begun.first_status_on,
                0,
                plan.plan_days
                - (week.status_on - coalesce(week.finished_on, week.status_on))
            ) as actual_days,
            curve.plan_weeks + coalesce(
                (week.earned_value_amount - curve.value_amount)
                / (curve.next_amount - curve.value_amount),
                0
            ) as earned_weeks,
            week.budget_amount
            * week.actual_cost_amount
            / nullif(week.earned_value_amount, 0) as estimate_amount
        from {{ ref("int_finance__project_week") }} as week
        left join
            plan
            on plan.project_id = week.project_id
            and plan.status_on = week.status_on
        left join
            plan as begun
            on begun.project_id = week.project_id
            and begun.status_on = begun.first_status_on
        left join
            curve
            on curve.project_id = week.project_id
            and week.earned_value_amount >= curve.value_amount
            and (
                week.earned_value_amount < curve.next_amount
                or curve.next_amount is null
            )
    )
select
    project_id,
    week_on,
    status_on,
    {{ reporting_currency() }} as reporting_currency_code,
    progress_unit,
    try_cast(100 * done_scope / nullif(scope, 0) as decimal(7, 2)) as percent_complete,
    budget_amount as budget_at_completion_amount,
    planned_value_amount,
    earned_value_amount,
    actual_cost_amount,
    {% for name, value in [
        ("schedule_performance_index", "earned_value_amount / nullif(planned_value_amount, 0)"),
        ("cost_performance_index", "earned_value_amount / nullif(actual_cost_amount, 0)"),
        ("to_complete_performance_index", "(budget_amount - earned_value_amount) / nullif(greatest(budget_amount - actual_cost_amount, 0), 0)"),
        ("earned_schedule_weeks", "earned_weeks"),
        ("actual_time_weeks", "actual_days / 7"),
        ("schedule_performance_index_time", "earned_weeks * 7 / nullif(actual_days, 0)"),
    ] -%}
        try_cast({{ value }} as decimal(9, 4)) as {{ name }},
    {% endfor -%}
    {% for name, value in [
        ("estimate_at_completion_amount", "estimate_amount"),
        ("estimate_at_completion_on_plan_amount", "actual_cost_amount + budget_amount - earned_value_amount"),
        ("estimate_to_complete_amount", "estimate_amount - actual_cost_amount"),
        ("variance_at_completion_amount", "budget_amount - estimate_amount"),
    ] -%}
        try_cast({{ value }} as decimal(18, 2)) as {{ name }},
    {% endfor -%}
    missing,
    recorded_at,
    known_from
from valued
