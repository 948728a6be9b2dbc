select
    record_id as node_id,
    site_id,
    record.project_site as project_site_id,
    record.node_key,
    record.node_name,
    record.level as node_type,
    record.parent_key,
    record.owner_name,
    record.owner_email,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("registers", "portfolio", rewound=true) }}
