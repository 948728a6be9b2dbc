select
    risk.risk_id,
    project.project_id,
    risk.project_key,
    risk.risk_key,
    risk.title,
    risk.risk_category,
    risk.probability,
    risk.impact_amount as impact_cost_amount,
    risk.impact_days,
    cast(
        risk.probability * risk.impact_amount as decimal(18, 2)
    ) as exposure_cost_amount,
    risk.currency_code,
    risk.owner_name,
    risk.owner_email,
    risk.response,
    risk.risk_status,
    risk.raised_on,
    risk.reviewed_on,
    risk.due_on,
    risk.recorded_at,
    risk.known_from
from {{ ref("stg_registers__risk") }} as risk
left join
    {{ ref("stg_jira__project") }} as project
    on project.site_id = risk.project_site_id
    and project.project_key = risk.project_key
    and not project.is_deleted
where not risk.is_deleted
