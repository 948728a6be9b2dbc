select
    objective_id,
    site_id,
    objective_key,
    objective_name,
    owner_name,
    owner_email,
    target_on,
    weight,
    recorded_at,
    known_from
from {{ ref("stg_registers__objective") }}
where not is_deleted
