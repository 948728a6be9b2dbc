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
    decision.outcome,
    decision.recorded_at,
    decision.known_from
from {{ ref("stg_registers__decision") }} as decision
left join
    {{ ref("stg_jira__project") }} as project
    on project.site_id = decision.project_site_id
    and project.project_key = decision.project_key
    and not project.is_deleted
where not decision.is_deleted
