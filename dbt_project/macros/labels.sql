{# What people read in a JSON value. #}
{# The text of a JSON value that may be rich text: a document's words, a string itself (Data Center's markup). #}
{% macro text_of(value) -%}
    case
        json_type({{ value }})
        when 'VARCHAR'
        then {{ readable(value ~ " ->> '$'") }}
        when 'OBJECT'
        then {{ plain_text(value ~ "::varchar") }}
    end
{%- endmacro %}

{# What a person would call a JSON value: an option's value, a person's or thing's name, a document's words. #}
{# An object is read once for all of it: each reading opens the whole text.                                   #}
{% macro label_of(value) -%}
    case
        json_type({{ value }})
        when 'OBJECT'
        then
            list_transform(
                [
                    json_extract_string(
                        {{ value }},
                        [
                            '$.type',
                            '$.displayName',
                            '$.value',
                            '$.name',
                            '$.key',
                            '$.child.value'
                        ]
                    )
                ],
                lambda said: case
                    when said[1] = 'doc'
                    then {{ plain_text(value ~ "::varchar") }}
                    else
                        nullif(
                            concat_ws(
                                ' - ',
                                coalesce(said[2], said[3], said[4], said[5]),
                                said[6]
                            ),
                            ''
                        )
                end
            )[1]
        when 'NULL'
        then null
        else {{ value }} ->> '$'
    end
{%- endmacro %}
