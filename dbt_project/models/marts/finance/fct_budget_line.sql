select
    line.budget_line_id,
    project.project_id,
    line.project_key,
    line.cost_category,
    line.period_on,
    line.planned_amount as planned_cost_amount,
    line.actual_amount as actual_cost_amount,
    line.currency_code,
    {{ in_reporting_currency("line.planned_amount", "line.currency_code", "rate.rate") }}
    as planned_cost_reporting_amount,
    {{ in_reporting_currency("line.actual_amount", "line.currency_code", "rate.rate") }}
    as actual_cost_reporting_amount,
    {{ reporting_currency() }} as reporting_currency_code,
    line.recorded_at,
    line.known_from
from
    {{ ref("stg_registers__budget_line") }} as line
    {{ join_project("line") }}
    {{ join_rate("line", "line.period_on") }}
where not line.is_deleted
