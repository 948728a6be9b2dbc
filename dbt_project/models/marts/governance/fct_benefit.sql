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
    benefit.outcome,
    benefit.recorded_at,
    benefit.known_from
from {{ ref("stg_registers__benefit") }} as benefit
left join
    {{ ref("stg_jira__project") }} as project
    on project.site_id = benefit.project_site_id
    and project.project_key = benefit.project_key
    and not project.is_deleted
where not benefit.is_deleted
