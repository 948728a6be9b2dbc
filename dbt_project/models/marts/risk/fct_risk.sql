-- Money is told at the rate of the day on which somebody last looked at the risk.
with
    risk as (
        select
            *,
            cast(probability * impact_amount as decimal(18, 2)) as exposure_amount,
            coalesce(
                reviewed_on, raised_on, {{ local_day("recorded_at") }}
            ) as estimated_on
        from {{ ref("stg_registers__risk") }}
        where not is_deleted
    )
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
    risk.exposure_amount as exposure_cost_amount,
    risk.currency_code,
    {{ in_reporting_currency("risk.impact_amount", "risk.currency_code", "rate.rate") }}
    as impact_cost_reporting_amount,
    {{ in_reporting_currency("risk.exposure_amount", "risk.currency_code", "rate.rate") }}
    as exposure_cost_reporting_amount,
    {{ reporting_currency() }} as reporting_currency_code,
    risk.owner_name,
    risk.owner_email,
    risk.response,
    risk.risk_status,
    risk.raised_on,
    risk.reviewed_on,
    risk.due_on,
    risk.recorded_at,
    risk.known_from
from risk {{ join_project("risk") }} {{ join_rate("risk", "risk.estimated_on") }}
