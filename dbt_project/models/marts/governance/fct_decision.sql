-- Money is told at the rate of the day it was decided on, or asked for.
with
    decision as (
        select
            *,
            coalesce(
                decided_on, raised_on, {{ local_day("recorded_at") }}
            ) as estimated_on
        from {{ ref("stg_registers__decision") }}
        where not is_deleted
    )
select
    decision.decision_id,
    project.project_id,
    decision.project_key,
    decision.decision_key,
    decision.title,
    coalesce(decision.decision_status, 'proposed') as decision_status,
    decision.owner_name,
    decision.owner_email,
    decision.raised_on,
    decision.due_on,
    decision.decided_on,
    decision.decided_by,
    date_diff('day', decision.raised_on, decision.decided_on) as waiting_days,
    decision.impact_amount as impact_cost_amount,
    decision.currency_code,
    {{ in_reporting_currency("decision.impact_amount", "decision.currency_code", "rate.rate") }}
    as impact_cost_reporting_amount,
    {{ reporting_currency() }} as reporting_currency_code,
    decision.outcome,
    decision.recorded_at,
    decision.known_from
from
    decision
    {{ join_project("decision") }}
    {{ join_rate("decision", "decision.estimated_on") }}
