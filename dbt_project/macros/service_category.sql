{#- Where a medical claim line's care was given, as the rank of its service category; the rule and its
    sources are in the description of the mart utilization. The order matters: a claim gets the lowest
    rank of its lines, so that an emergency that ends in an admission counts as inpatient. -#}

{% macro service_categories() %}
    {{ return([
        'inpatient', 'hospice', 'skilled_nursing', 'home_health', 'emergency', 'outpatient', 'office', 'other'
    ]) }}
{% endmacro %}

{% macro service_category_rank() %}
{%- set rank = {} -%}
{%- for name in service_categories() -%}{%- do rank.update({name: loop.index}) -%}{%- endfor -%}
{#- Facility type and bill classification: '0111' and '111' are both 11. -#}
{%- set bill = "substring(ltrim(bill_type_code, '0'), 1, 2)" -%}
{%- set revenue = "ltrim(revenue_center_code, '0')" -%}
case
    when bill_type_code is not null and coalesce(claim_type, 'undetermined') <> 'professional' then
        case
            when {{ bill }} in ('11', '12', '41') then {{ rank.inpatient }}
            when {{ bill }} in ('81', '82') then {{ rank.hospice }}
            when {{ bill }} = '18' or {{ bill }} like '2%' then {{ rank.skilled_nursing }}
            when {{ bill }} like '3%' then {{ rank.home_health }}
            when {{ bill }} in ('13', '85') and ({{ revenue }} like '45_' or {{ revenue }} = '981')
                then {{ rank.emergency }}
            when {{ bill }} in ('13', '14', '43', '83', '84', '85') or {{ bill }} like '7%' then {{ rank.outpatient }}
            else {{ rank.other }}
        end
    when place_of_service_code in ('21', '51', '61') then {{ rank.inpatient }}
    when place_of_service_code = '34' then {{ rank.hospice }}
    when place_of_service_code in ('31', '32') then {{ rank.skilled_nursing }}
    when place_of_service_code = '12' then {{ rank.home_health }}
    when place_of_service_code = '23' then {{ rank.emergency }}
    when place_of_service_code in ('19', '22', '24', '52', '53', '62', '65') then {{ rank.outpatient }}
    when place_of_service_code in ('02', '10', '11', '17', '20', '49', '50', '71', '72') then {{ rank.office }}
    else {{ rank.other }}
end
{%- endmacro %}

{#- The name of a rank. -#}
{% macro service_category_name(rank) -%}
case {{ rank }}
    {%- for name in service_categories() %}
    when {{ loop.index }} then '{{ name }}'
    {%- endfor %}
end
{%- endmacro %}
