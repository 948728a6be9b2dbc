select
    cost.cost_id,
    cost.site_id,
    cost.cost_key,
    project.project_id,
    cost.project_key,
    cost.cost_on,
    cost.cost_category,
    cost.amount as cost_amount,
    cost.currency_code,
    {{ in_reporting_currency("cost.amount", "cost.currency_code", "rate.rate") }}
    as cost_reporting_amount,
    {{ reporting_currency() }} as reporting_currency_code,
    cost.recorded_at,
    cost.known_from
from {{ ref("stg_registers__actual_cost") }} as cost
left join
    {{ ref("stg_jira__project") }} as project
    on project.site_id = cost.project_site_id
    and project.project_key = cost.project_key
    and not project.is_deleted
    {{ join_rate("cost", "cost_on") }}
where not cost.is_deleted
