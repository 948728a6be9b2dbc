select
    record_id as budget_line_id,
    site_id,
    record.project_site as project_site_id,
    record.project_key,
    record.category as cost_category,
    record.period_on,
    record.planned_amount,
    record.actual_amount,
    record.currency_code,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("registers", "budget_line", rewound=true) }}
