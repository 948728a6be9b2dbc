select
    record_id as person_alias_id,
    site_id,
    record.person_key,
    lower(record.alias) as alias,
    record.person_name,
    is_deleted,
    recorded_at,
    known_from,
    _commit_seq
from {{ latest("registers", "person", rewound=true) }}
