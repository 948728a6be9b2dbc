{# int_delivery__issue_value, of those issues only that `of` lets through before they are spread out into rows. #}
{% macro issue_values(of="true") -%}
    (
        with
            listed as (
                select
                    issue_id,
                    unnest(
                        [
                            {
                                'field_id':'status',
                                'id':status_native_id,
                                'value':status,
                                'is_set':false
                            },
                            {
                                'field_id':'issuetype',
                                'id':issue_type_id,
                                'value':issue_type,
                                'is_set':false
                            },
                            {
                                'field_id':'priority',
                                'id':priority_native_id,
                                'value':priority,
                                'is_set':false
                            },
                            {
                                'field_id':'resolution',
                                'id':resolution_native_id,
                                'value':resolution,
                                'is_set':false
                            },
                            {
                                'field_id':'assignee',
                                'id':assignee.account_id,
                                'value':coalesce(
                                    assignee.display_name, assignee.account_id
                                ),
                                'is_set':false
                            },
                            {
                                'field_id':'reporter',
                                'id':reporter.account_id,
                                'value':coalesce(
                                    reporter.display_name, reporter.account_id
                                ),
                                'is_set':false
                            },
                            {
                                'field_id':'summary',
                                'id':null,
                                'value':summary,
                                'is_set':false
                            },
                            {
                                'field_id':'duedate',
                                'id':due_on::varchar,
                                'value':due_on::varchar,
                                'is_set':false
                            },
                            {
                                'field_id':'parent',
                                'id':parent.id,
                                'value':coalesce(parent.key, parent.id),
                                'is_set':false
                            },
                            {
                                'field_id':'labels',
                                'id':null,
                                'value':nullif(array_to_string(labels, ' '), ''),
                                'is_set':false
                            },
                            {
                                'field_id':'timeoriginalestimate',
                                'id':original_estimate_seconds::varchar,
                                'value':original_estimate_seconds::varchar,
                                'is_set':false
                            },
                            {
                                'field_id':story_points_field_id,
                                'id':null,
                                'value':regexp_replace(
                                    story_points::varchar, '\.?0+$', ''
                                ),
                                'is_set':false
                            },
                            {
                                'field_id':sprint_field_id,
                                'id':array_to_string(
                                    list_transform(sprints, lambda sprint:sprint.id),
                                    ', '
                                ),
                                'value':array_to_string(
                                    list_transform(sprints, lambda sprint:sprint.name),
                                    ', '
                                ),
                                'is_set':false
                            },
                            {
                                'field_id':epic_link_field_id,
                                'id':null,
                                'value':epic_link_key,
                                'is_set':false
                            },
                            {
                                'field_id':flagged_field_id,
                                'id':null,
                                'value':if(is_flagged, 'Impediment', null),
                                'is_set':false
                            }
                        ]
                    ) as held
                from {{ ref("int_delivery__issue_current") }}
                where {{ of }}
                {% for name, column in {"components": "components", "fixVersions": "fix_versions"}.items() -%}
                    union all
                    select
                        issue_id,
                        {
                            'field_id':'{{ name }}',
                            'id':element.id,
                            'value':element.name,
                            'is_set':true
                        }
                    from
                        (
                            select issue_id, unnest({{ column }}) as element
                            from {{ ref("int_delivery__issue_current") }}
                            where {{ of }}
                        )
                {% endfor %}
            )
        select issue_id, held.field_id, held.id as value_id, held.value, held.is_set
        from listed
        where held.field_id is not null and held.value is not null
    )
{%- endmacro %}
