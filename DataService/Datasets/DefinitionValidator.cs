using System.Globalization;
using System.Text.RegularExpressions;
using AiMesh.Data.V1;
using AiMesh.DataService.Protection;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Datasets;

/// <summary>Checks a whole definition and reports everything that is wrong with it.</summary>
internal sealed partial class DefinitionValidator
{
    private const int MaxFields = 200;
    private const int MaxRules = 100;
    private const int MaxViews = 20;

    private readonly List<FieldViolation> _violations = [];

    public static IReadOnlyList<FieldViolation> Check(Dataset dataset)
    {
        var validator = new DefinitionValidator();
        validator.CheckTexts(dataset);
        validator.CheckFields(dataset);
        validator.CheckRules(dataset);
        return validator._violations;
    }

    public static bool IsId(string id) => DatasetId().IsMatch(id);

    private void CheckTexts(Dataset dataset)
    {
        if (!DatasetId().IsMatch(dataset.Id)) Add("dataset_id", "expected 1 to 63 characters of a-z, 0-9, '-' and '_', beginning with a letter");
        CheckText("dataset.display_name", dataset.DisplayName, 100);
        CheckText("dataset.description", dataset.Description, 2000);
    }

    private void CheckFields(Dataset dataset)
    {
        if (dataset.Fields.Count is 0 or > MaxFields) Add("dataset.fields", $"expected 1 to {MaxFields} fields");
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < Math.Min(dataset.Fields.Count, MaxFields); i++)
        {
            var (field, path) = (dataset.Fields[i], $"dataset.fields[{i}]");
            if (!FieldName().IsMatch(field.Name)) Add($"{path}.name", "expected 1 to 63 characters of a-z, 0-9 and '_', beginning with a letter");
            else if (!names.Add(field.Name)) Add($"{path}.name", $"'{field.Name}' is named twice");
            if (!Known(field.Type)) Add($"{path}.type", "expected a type");
            if (!Known(field.Classification)) Add($"{path}.classification", "expected a classification: every field needs one");
            CheckText($"{path}.description", field.Description, 500);
            CheckRoles($"{path}.visible_to", field.VisibleTo);
            CheckProtection(path, dataset, field);
            CheckSearchable(path, dataset, field);
            CheckIndexed(path, dataset, field);
        }

        if (dataset.Fields.Count(field => field.Indexed) > FieldKeys.MaxFields) Add("dataset.fields", $"expected at most {FieldKeys.MaxFields} fields with indexed");

        if (dataset.SubjectField.Length > 0 && !dataset.Fields.Any(field => field.Name == dataset.SubjectField && field.Type == Field.Types.Type.String))
            Add("dataset.subject_field", "expected the name of a field of type STRING, or nothing");
        else if (dataset.Fields.Any(field => field.Name == dataset.SubjectField && (field.Encrypted || field.StoredAs != Field.Types.Mask.Unspecified)))
            Add("dataset.subject_field", "expected a field that is stored as it is: people are looked for in it");
    }

    private void CheckSearchable(string path, Dataset dataset, Field field)
    {
        if (!field.Searchable) return;
        if (field.Type is not (Field.Types.Type.String or Field.Types.Type.StringList)) Add($"{path}.searchable", "only fields of type STRING or STRING_LIST can be searched");
        if (field.Classification == Field.Types.Classification.Secret) Add($"{path}.searchable", "a secret cannot be searched");
        if (field.StoredAs != Field.Types.Mask.Unspecified) Add($"{path}.searchable", "what is anonymised before it is stored cannot be searched");
        if (dataset.Store.Length > 0) Add($"{path}.searchable", "only datasets in PostgreSQL, where dataset.store is empty, can be searched");
    }

    private void CheckIndexed(string path, Dataset dataset, Field field)
    {
        if (!field.Indexed) return;
        if (field.Type is Field.Types.Type.Boolean or Field.Types.Type.StringList) Add($"{path}.indexed", "a field of type BOOLEAN or STRING_LIST has no index");
        if (field.Encrypted) Add($"{path}.indexed", "an encrypted field has no index");
        if (dataset.Store.Length > 0) Add($"{path}.indexed", "only datasets in PostgreSQL, where dataset.store is empty, have indexes");
    }

    private void CheckRules(Dataset dataset)
    {
        if (dataset.RowRules.Count > MaxRules) Add("dataset.row_rules", $"expected at most {MaxRules} rules");
        var fields = dataset.Fields.Where(f => Known(f.Type)).DistinctBy(f => f.Name).Select(f => KeyValuePair.Create(f.Name, f.Type.ToPolicy()));
        var schema = PolicySchema.ForRule(fields);
        var open = PolicySchema.ForRule(dataset.Fields.Where(f => Known(f.Type) && !f.Encrypted).DistinctBy(f => f.Name).Select(f => KeyValuePair.Create(f.Name, f.Type.ToPolicy())));
        for (var i = 0; i < Math.Min(dataset.RowRules.Count, MaxRules); i++)
        {
            var (rule, path) = (dataset.RowRules[i], string.Create(CultureInfo.InvariantCulture, $"dataset.row_rules[{i}]"));
            if (rule.Roles.Count == 0) Add($"{path}.roles", "expected at least one role, or \"*\" for every role");
            CheckRoles($"{path}.roles", rule.Roles);
            if (rule.Actions.Any(a => !Known(a))) Add($"{path}.actions", "expected READ, CREATE, UPDATE or DELETE");
            CheckCondition($"{path}.condition", rule.Condition, schema, open);
        }

        for (var i = 0; i < Math.Min(dataset.Fields.Count, MaxFields); i++)
        {
            for (var j = 0; j < Math.Min(dataset.Fields[i].Views.Count, MaxViews); j++)
            {
                var path = string.Create(CultureInfo.InvariantCulture, $"dataset.fields[{i}].views[{j}].condition");
                CheckCondition(path, dataset.Fields[i].Views[j].Condition, schema, open);
            }
        }
    }

    private void CheckCondition(string path, string condition, PolicySchema schema, PolicySchema open)
    {
        var errors = PolicyParser.Parse(condition, schema).Errors;
        foreach (var error in errors) Add(path, error.ToString());
        if (errors.Length == 0 && PolicyParser.Parse(condition, open).Expression is null) Add(path, "names an encrypted field: the database, which decides over rows, cannot read it");
    }

    private void CheckProtection(string path, Dataset dataset, Field field)
    {
        if (dataset.Store.Length > 0 && field.Encrypted) Add($"{path}.encrypted", "only datasets in PostgreSQL, where dataset.store is empty, can have encrypted fields");
        if (field.Encrypted && field.Searchable) Add($"{path}.searchable", "an encrypted field cannot be searched");
        if (field.Views.Count > MaxViews) Add($"{path}.views", $"expected at most {MaxViews} views");
        for (var i = 0; i < Math.Min(field.Views.Count, MaxViews); i++)
        {
            var (view, place) = (field.Views[i], string.Create(CultureInfo.InvariantCulture, $"{path}.views[{i}]"));
            if (view.Roles.Count == 0) Add($"{place}.roles", "expected at least one role, or \"*\" for every role");
            CheckRoles($"{place}.roles", view.Roles);
            if (!Enum.IsDefined(view.Mask)) Add($"{place}.mask", "expected PARTIAL, HASH, GENERALISE, NULL, PSEUDONYM, or none");
            else if (!FieldMasks.Fits(view.Mask, field.Type)) Add($"{place}.mask", $"{view.Mask.ToString().ToUpperInvariant()} does not fit a field of this type");
        }

        if (field.Encrypted && field.StoredAs != Field.Types.Mask.Unspecified) Add($"{path}.encrypted", "expected either encrypted or stored_as");
        if (field.EqualityIndex && !(field.Encrypted && field.Type == Field.Types.Type.String)) Add($"{path}.equality_index", "expected an encrypted field of type STRING");
        if (field.StoredAs is Field.Types.Mask.Null || !Enum.IsDefined(field.StoredAs)) Add($"{path}.stored_as", "expected PARTIAL, HASH, GENERALISE, PSEUDONYM, or none");
        else if (field.StoredAs != Field.Types.Mask.Unspecified && field.Type != Field.Types.Type.String) Add($"{path}.stored_as", "expected a field of type STRING");
        if (!Enum.IsDefined(field.PersonalKind)) Add($"{path}.personal_kind", "expected a kind of personal data, or none");
        else if (field.PersonalKind != Field.Types.PersonalKind.Unspecified && field.Type != Field.Types.Type.String) Add($"{path}.personal_kind", "expected a field of type STRING");
    }

    private void CheckRoles(string path, IEnumerable<string> roles)
    {
        foreach (var role in roles.Where(r => r != CompiledRule.EveryRole && !DatasetId().IsMatch(r)))
        {
            Add(path, $"'{(role.Length > 60 ? role[..60] : role)}' is no name of a role");
        }
    }

    private void CheckText(string path, string text, int max)
    {
        if (text.Length > max) Add(path, $"expected at most {max} characters");
        if (StorableText.FirstFault(text) is not null) Add(path, StorableText.Expected);
    }

    private static bool Known<T>(T value)
        where T : struct, Enum => Enum.IsDefined(value) && !value.Equals(default(T));

    private void Add(string field, string description) => _violations.Add(new FieldViolation(field, description));

    // Roles are spelt by the same rule (auth.v1.Role.name).
    [GeneratedRegex(@"^[a-z][a-z0-9_-]{0,62}\z")]
    private static partial Regex DatasetId();

    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,62}\z")]
    private static partial Regex FieldName();
}
