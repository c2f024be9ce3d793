using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Json;

/// <summary>What reading and writing JSON needs to know of a message type, worked out once.</summary>
internal sealed class MessageShape
{
    private static readonly ConcurrentDictionary<MessageDescriptor, MessageShape> Shapes = new();

    private readonly Func<IMessage> _create;
    private readonly Dictionary<string, FieldShape> _byName = new(StringComparer.Ordinal);

    private MessageShape(MessageDescriptor descriptor)
    {
        Descriptor = descriptor;
        WellKnown = WellKnownTypes.Of(descriptor);
        // Entries of maps have no C# type: the map field takes keys and values as they are.
        _create = descriptor.ClrType is null
            ? () => throw new InvalidOperationException($"{descriptor.FullName} is an entry of a map and has no C# type.")
            : Expression.Lambda<Func<IMessage>>(Expression.Convert(Expression.New(descriptor.ClrType), typeof(IMessage))).Compile();
        Fields = [.. descriptor.Fields.InFieldNumberOrder().Select((field, index) => new FieldShape(field, index))];
        // Both names are read; where they collide, the JSON name wins.
        foreach (var field in Fields)
            _byName[field.Field.Name] = field;
        foreach (var field in Fields)
            _byName[field.Field.JsonName] = field;
    }

    public MessageDescriptor Descriptor { get; }

    public WellKnownType WellKnown { get; }

    /// <summary>In the order of their numbers, in which they are written.</summary>
    public FieldShape[] Fields { get; }

    public static MessageShape Of(MessageDescriptor descriptor) => Shapes.GetOrAdd(descriptor, static key => new MessageShape(key));

    public IMessage Create() => _create();

    public FieldShape? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The field that the reader's property names, without making a string of it.</summary>
    public FieldShape? Find(ref Utf8JsonReader reader)
    {
        const int LongestOnStack = 128;
        var length = reader.HasValueSequence ? (int)reader.ValueSequence.Length : reader.ValueSpan.Length;
        if (length > LongestOnStack)
            return Find(reader.GetString()!);
        Span<char> name = stackalloc char[LongestOnStack];
        name = name[..reader.CopyString(name)];
        return _byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var field) ? field : null;
    }
}

/// <summary>What reading and writing JSON needs to know of a field.</summary>
internal sealed class FieldShape
{
    private MessageShape? _message;
    private FieldShape? _value;

    public FieldShape(FieldDescriptor field, int index)
    {
        Field = field;
        Index = index;
        Accessor = field.Accessor;
        JsonName = JsonEncodedText.Encode(field.JsonName);
        // Map entries have fields without accessors.
        HasPresence = !field.IsRepeated && !field.ContainingType.IsMapEntry() && field.HasPresence;
        IsNullValue = field.FieldType == FieldType.Enum && field.EnumType.FullName == WellKnownTypes.NullValueName;
        IsWrapper = field.FieldType == FieldType.Message && WellKnownTypes.Of(field.MessageType) == WellKnownType.Wrapper;
    }

    public FieldDescriptor Field { get; }

    /// <summary>Position in <see cref="MessageShape.Fields"/>.</summary>
    public int Index { get; }

    public IFieldAccessor Accessor { get; }

    public JsonEncodedText JsonName { get; }

    public bool HasPresence { get; }

    public bool IsNullValue { get; }

    /// <summary>A wrapper's C# property holds the bare value or null, not a message.</summary>
    public bool IsWrapper { get; }

    /// <summary>Whether JSON null is a value of the field and not its absence.</summary>
    public bool TakesNull => IsNullValue || (Field.FieldType == FieldType.Message && Message.WellKnown == WellKnownType.Value);

    public MessageShape Message => _message ??= MessageShape.Of(Field.MessageType);

    /// <summary>Of a wrapper its only field; of a map the value of its entries.</summary>
    public FieldShape Value => _value ??= Message.Fields[^1];

    /// <summary>Of a map the key of its entries.</summary>
    public FieldDescriptor MapKey => Message.Fields[0].Field;
}

internal static class MessageDescriptorExtensions
{
    public static bool IsMapEntry(this MessageDescriptor descriptor) => descriptor.GetOptions()?.MapEntry == true;
}
