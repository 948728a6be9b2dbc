select
    record_id as objective_id,
    site_id,
    record.objective_key,
    record.objective_name,
    record.owner_name,
    record.owner_email,
    record.target_on,
    record.weight,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("registers", "objective", rewound=true) }}
