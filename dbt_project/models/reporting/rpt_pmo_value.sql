{{ config(tags=["report"]) }}

-- What the PMO promised of itself, and the decisions it brought about with what came of
-- them.
with
    item as (
        select
            charter_item_id as item_id,
            item_key,
            item_type,
            item_name,
            owner_name,
            target,
            result,
            due_on,
            achieved_on,
            null::varchar as project_id,
            null::decimal(18, 2) as impact_cost_amount,
            null::varchar as currency_code,
            recorded_at,
            known_from
        from {{ ref("int_governance__pmo_charter") }}
        union all
        select
            decision_id,
            decision_key,
            'decision',
            title,
            owner_name,
            null,
            outcome,
            due_on,
            decided_on,
            project_id,
            impact_cost_amount,
            currency_code,
            recorded_at,
            known_from
        from {{ ref("fct_decision") }}
    )
select
    item_id,
    item_key,
    item_type,
    item_name,
    owner_name,
    project_id,
    target,
    result,
    due_on,
    achieved_on,
    case
        when item_type = 'purpose'
        then 'stated'
        when achieved_on <= coalesce(due_on, achieved_on)
        then 'in_time'
        when achieved_on is not null
        then 'late'
        when due_on < {{ local_day(as_of()) }}
        then 'overdue'
        else 'open'
    end as item_status,
    date_diff('day', due_on, achieved_on) as late_days,
    impact_cost_amount,
    currency_code,
    recorded_at,
    known_from
from item
