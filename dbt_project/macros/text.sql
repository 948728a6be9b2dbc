{# What people read in a value. Rich text (Atlassian's document format) comes as JSON, written without blanks as a     #}
{# MAP of JSON writes it. Its words are found by their keys in the order they stand: a key is told from a word by the  #}
{# colon that follows, as quotes within words are escaped. Whatever is no known inline node, or has content, begins a  #}
{# line; so unknown nodes keep their words. Marks (bold, links) are passed over whole.                                 #}
{% macro plain_text(document) -%}
    replace(
        (
            '"' || replace(
                trim(
                    regexp_replace(
                        array_to_string(
                            list_transform(
                                regexp_extract_all(
                                    {{ document }},
                                    '"marks":\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\]|"content":\[|"(?:type|text|url|title|alt|timestamp)":"(?:[^"\\]|\\.)*"'
                                ),
                                lambda token:{{ _spoken("token") }}
                            ),
                            ''
                        ),
                        '\n+',
                        chr(10),
                        'g'
                    ),
                    chr(10)
                ),
                chr(10),
                '\n'
            )
            || '"'
        )
        ->> '$',
        chr(0),
        chr(65533)
    )
{%- endmacro %}

{# What one piece of a document adds to the text, still escaped as it stands in JSON; a raw line feed begins a line. #}
{% macro _spoken(token) -%}
    case
        when starts_with({{ token }}, '"text":')
        then {{ token }} [9:-2]
        when
            {{ token }} in (
                '"type":"text"',
                '"type":"mention"',
                '"type":"emoji"',
                '"type":"date"',
                '"type":"status"',
                '"type":"inlineCard"',
                '"type":"placeholder"'
            )
            or starts_with({{ token }}, '"marks":')
        then ''
        when
            starts_with({{ token }}, '"type":')
            or starts_with({{ token }}, '"content":')
        then chr(10)
        when starts_with({{ token }}, '"timestamp":')
        then
            coalesce(
                try(
                    strftime(
                        epoch_ms(try_cast({{ token }} [14:-2] as bigint)), '%Y-%m-%d'
                    )
                ),
                {{ token }} [14:-2]
            )
        when starts_with({{ token }}, '"title":')
        then {{ token }} [10:-2]
        else {{ token }} [8:-2]
    end
{%- endmacro %}

{# NUL is legal in JSON and in nothing that reads a warehouse. #}
{% macro readable(text) -%} replace({{ text }}, chr(0), chr(65533)) {%- endmacro %}

{# Fields of an issue that staging opens into columns of their own and that need no second look. The times, dates and #}
{# estimates are not among them: what cannot be read of those must be seen somewhere.                                 #}
{% macro opened_fields() -%}
    (
        'summary',
        'status',
        'statusCategory',
        'issuetype',
        'project',
        'priority',
        'resolution',
        'assignee',
        'reporter',
        'creator',
        'labels',
        'fixVersions',
        'versions',
        'components',
        'issuelinks',
        'subtasks',
        'parent',
        'watches',
        'comment',
        'attachment',
        'worklog'
    )
{%- endmacro %}

{# One key of every struct in a list, as text; null where none has it. #}
{% macro joined(structs, key) -%}
    nullif(
        array_to_string(
            list_transform({{ structs }}, lambda element:element.{{ key }}), ', '
        ),
        ''
    )
{%- endmacro %}
