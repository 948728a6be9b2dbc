select
    record_id as cost_id,
    site_id,
    record.project_site as project_site_id,
    record.cost_key,
    record.project_key,
    record.cost_on,
    record.amount,
    record.currency_code,
    record.category as cost_category,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("registers", "actual_cost", rewound=true) }}
