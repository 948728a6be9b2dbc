-- What the certificates name: deleted, not visible, archived, in the trash, moved or
-- unexplained, each with its evidence. Of a class beyond its first hundred ids, a
-- certificate gives the count only.
with
    named as (
        select
            certificate.completeness_id,
            certificate.sync_id,
            certificate.source_type,
            certificate.site_id,
            certificate.stream,
            certificate.scope_id,
            certificate.recorded_at,
            certificate.known_from,
            certificate.is_last_proof as is_current,
            unnest(
                from_json(
                    certificate.missing,
                    '[{"id":"VARCHAR","count":"BIGINT","class":"VARCHAR","evidence":"VARCHAR"}]'
                )
            ) as entry
        from {{ ref("fct_completeness") }} as certificate
    )
select
    completeness_id
    || '/'
    || coalesce(entry.class, '')
    || '/'
    || coalesce(entry.id, '*') as missing_record_id,
    completeness_id,
    sync_id,
    source_type,
    site_id,
    stream,
    scope_id,
    site_id || ':' || entry.id as record_id,
    entry.class as absence_class,
    entry.evidence as evidence,
    coalesce(entry.count, 1) as record_count,
    recorded_at,
    known_from,
    is_current
from named
