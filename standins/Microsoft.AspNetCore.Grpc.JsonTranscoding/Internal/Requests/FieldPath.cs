using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Json;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Requests;

/// <summary>A way from a message to a field in it, such as <c>book.author.name</c>, that values can be set through.</summary>
internal sealed class FieldPath
{
    private const int LongestPath = 32;

    private readonly FieldShape[] _fields;

    private FieldPath(FieldShape[] fields) => _fields = fields;

    private FieldShape Leaf => _fields[^1];

    /// <summary>Null if there is no such field. Field names and JSON names are both taken if asked for.</summary>
    public static FieldPath? Find(MessageDescriptor message, string path, bool jsonNames)
    {
        var names = path.Split('.');
        if (names.Length > LongestPath)
            return null;
        var fields = new FieldShape[names.Length];
        MessageDescriptor? current = message;
        for (var index = 0; index < names.Length; index++)
        {
            if (current is null || MessageShape.Of(current).Find(names[index]) is not { } field || (!jsonNames && field.Field.Name != names[index]))
                return null;
            fields[index] = field;
            var goesOn = field.Field is { FieldType: FieldType.Message, IsRepeated: false };
            current = goesOn ? field.Field.MessageType : null;
        }

        return new FieldPath(fields);
    }

    /// <summary>Whether this is the other path or leads to something below it.</summary>
    public bool IsWithin(FieldPath other) => other._fields.Length <= _fields.Length && other._fields.Zip(_fields).All(pair => pair.First == pair.Second);

    /// <summary>Sets the field from text, making the messages on the way.</summary>
    /// <param name="message">The message the path starts at.</param>
    /// <param name="values">One value, or several for a repeated field.</param>
    /// <param name="name">How the caller named the field, for errors.</param>
    /// <exception cref="InvalidRequestException">A value is not of the field's type, or there are too many.</exception>
    public void Set(IMessage message, IReadOnlyList<string?> values, string name)
    {
        var owner = Owner(message);
        if (Leaf.Field.IsMap)
            throw InvalidRequestException.Field(name, "a map can only stand in the body");
        if (Leaf.Field.IsRepeated)
        {
            var list = (IList)Leaf.Accessor.GetValue(owner);
            foreach (var value in values)
                list.Add(Parse(value, name));
            return;
        }

        if (values.Count != 1)
            throw InvalidRequestException.Field(name, "the field takes one value and was given several");
        Leaf.Accessor.SetValue(owner, Parse(values[0], name));
    }

    private IMessage Owner(IMessage message)
    {
        foreach (var field in _fields.AsSpan(0, _fields.Length - 1))
        {
            if (field.Accessor.GetValue(message) is not IMessage next)
                field.Accessor.SetValue(message, next = field.Message.Create());
            message = next;
        }

        return message;
    }

    private object Parse(string? value, string name)
    {
        var text = value ?? "";
        var field = Leaf.IsWrapper ? Leaf.Value : Leaf;
        if (field.Field.FieldType is not (FieldType.Message or FieldType.Group))
        {
            // "True" is as common in URLs as "true".
            var scalar = field.Field.FieldType == FieldType.Bool ? text.ToLowerInvariant() : text;
            return ScalarText.Parse(field.Field, scalar) ?? throw InvalidRequestException.Field(name, $"the value is not {ScalarText.Expected(field.Field)}");
        }

        if (field.Message.WellKnown is not (WellKnownType.Timestamp or WellKnownType.Duration or WellKnownType.FieldMask))
            throw InvalidRequestException.Field(name, $"a {field.Field.MessageType.FullName} can only stand in the body");
        return ScalarText.Parse(field.Message.WellKnown, text, jsonNames: false)
            ?? throw InvalidRequestException.Field(name, $"the value is not {ScalarText.Expected(field.Message.WellKnown)}");
    }
}
