using System.Buffers;
using System.Text;
using System.Text.Json;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.DataService.Stores;
using AiMesh.ServiceDefaults.Policy;
using AiMesh.ServiceDefaults.Privacy;

namespace AiMesh.DataService.Privacy;

/// <summary>Which items of a dataset in another store are a person's: the rule of <see cref="PersonalRows"/>, in memory.</summary>
internal sealed class PersonalDocuments(CompiledDataset dataset, DataSubject subject)
{
    private static readonly PolicyExpression Mine =
        new ComparisonExpression(new AttributeOperand(AttributeSource.RowOwner), ComparisonOperator.Equal, new AttributeOperand(AttributeSource.UserId));

    private readonly string _subjectField = dataset.Definition.SubjectField;

    public bool IsOwned(Document document) => document.Owner == subject.Id;

    /// <summary>Addresses are compared without regard to case, which no store's language does: so that is decided here.</summary>
    public bool IsAbout(Document document) =>
        _subjectField.Length > 0 && document.Fields.TryGetValue(_subjectField, out var value) && value is string text
        && (text == subject.Id || (subject.Email.Length > 0 && text.Equals(subject.Email, StringComparison.OrdinalIgnoreCase)));

    /// <summary>At least everything that is the person's; whole, or just enough to tell.</summary>
    /// <param name="whole">With all fields.</param>
    /// <param name="ownersOnly">Let the store leave out what others own, where nothing else can be the person's.</param>
    public DocumentQuery Query(bool whole, bool ownersOnly) =>
        new(ownersOnly && _subjectField.Length == 0 ? Mine : PolicyExpression.Everything, new PolicyCaller(subject.Id, subject.Organisation, DocumentQuery.Everything.Caller.Attributes))
        {
            Fields = whole ? null : _subjectField.Length > 0 ? [_subjectField] : [],
        };

    /// <summary>An item as <see cref="PersonalRows"/> exports a row.</summary>
    public string Line(Document document, IReadOnlyCollection<string> hidden)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, ItemValues.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("id", document.Id);
            writer.WriteBoolean("owned", IsOwned(document));
            writer.WritePropertyName("fields");
            writer.WriteRawValue(ItemValues.Write(document.Fields.Where(field => !hidden.Contains(field.Key)).ToDictionary(StringComparer.Ordinal)));
            writer.WriteString("create_time", DocumentTime.Write(document.CreateTime));
            writer.WriteString("update_time", DocumentTime.Write(document.UpdateTime));
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
