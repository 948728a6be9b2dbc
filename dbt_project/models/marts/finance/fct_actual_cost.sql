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
from
    {{ ref("stg_registers__actual_cost") }} as cost
    {{ join_project("cost") }}
    {{ join_rate("cost", "cost.cost_on") }}
where not cost.is_deleted
