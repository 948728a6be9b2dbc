{{ config(post_hook="{{ travelling_registers(this, register_names()) }}") }}

-- What every row of every register has said, and when; the same content saved or landed
-- again is no new version, wherever in the file it stands.
with
    landed as (
        select
            *,
            if(
                _deleted,
                null,
                json_merge_patch(payload::json, '{"file": null, "row": null}'::json)
            )::varchar as content
        from {{ ref("stg_registers__version") }}
    ),
    version as (
        select *
        from landed
        window
            chain as (
                partition by register_name, _site, _key
                order by _known_at, _sync_id, _deleted desc, _payload_hash
            )
        qualify
            content is distinct from lag(content) over chain
            or _deleted is distinct from lag(_deleted) over chain
    ),
    numbered as (
        select
            *,
            cast(row_number() over chain as integer) as version_number,
            lead(_known_at) over chain as known_to
        from version
        window
            chain as (
                partition by register_name, _site, _key
                order by _known_at, _sync_id, _deleted desc, _payload_hash
            )
    )
select
    register_name
    || '/'
    || _site
    || ':'
    || _key
    || '/'
    || version_number as register_version_id,
    register_name,
    _site || ':' || _key as record_id,
    _site as site_id,
    content ->> '$.project_key' as project_key,
    version_number,
    _deleted as is_deleted,
    content,
    _recorded_at as recorded_at,
    _known_at as known_from,
    known_to
from numbered
