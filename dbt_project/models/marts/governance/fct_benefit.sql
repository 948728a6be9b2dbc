-- Money is told at the rates of the days on which it was to come and came.
with
    benefit as (
        select
            *,
            coalesce(planned_on, {{ local_day("recorded_at") }}) as planned_rate_on,
            coalesce(realised_on, planned_rate_on) as realised_rate_on
        from {{ ref("stg_registers__benefit") }}
        where not is_deleted
    )
select
    benefit.benefit_id,
    project.project_id,
    benefit.project_key,
    benefit.benefit_key,
    benefit.benefit_name,
    benefit.benefit_category,
    coalesce(benefit.benefit_status, 'planned') as benefit_status,
    benefit.owner_name,
    benefit.owner_email,
    benefit.planned_on,
    benefit.realised_on,
    benefit.planned_amount as planned_benefit_amount,
    benefit.realised_amount as realised_benefit_amount,
    cast(
        benefit.realised_amount / nullif(benefit.planned_amount, 0) as decimal(9, 4)
    ) as realised_ratio,
    benefit.currency_code,
    {{ in_reporting_currency("benefit.planned_amount", "benefit.currency_code", "planned_rate.rate") }}
    as planned_benefit_reporting_amount,
    {{ in_reporting_currency("benefit.realised_amount", "benefit.currency_code", "realised_rate.rate") }}
    as realised_benefit_reporting_amount,
    {{ reporting_currency() }} as reporting_currency_code,
    benefit.outcome,
    benefit.recorded_at,
    benefit.known_from
from
    benefit
    {{ join_project("benefit") }}
    {{ join_rate("benefit", "benefit.planned_rate_on", "planned_rate") }}
    {{ join_rate("benefit", "benefit.realised_rate_on", "realised_rate") }}
