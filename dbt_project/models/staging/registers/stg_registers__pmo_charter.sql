select
    record_id as charter_item_id,
    site_id,
    record.project_site as project_site_id,
    record.item_key,
    record.item_type,
    record.item_name,
    record.owner_name,
    record.owner_email,
    record.target,
    record.result,
    record.due_on,
    record.achieved_on,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("registers", "pmo_charter", rewound=true) }}
