using System.Text;

namespace Grpc.Core;

/// <summary>Turns messages into bytes and back.</summary>
public class Marshaller<T>
{
    /// <summary>From functions over whole arrays.</summary>
    public Marshaller(Func<T, byte[]> serializer, Func<byte[], T> deserializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(deserializer);
        Serializer = serializer;
        Deserializer = deserializer;
        ContextualSerializer = (message, context) => context.Complete(serializer(message));
        ContextualDeserializer = context => deserializer(context.PayloadAsNewBuffer());
    }

    /// <summary>From functions over buffers, which save copies.</summary>
    public Marshaller(Action<T, SerializationContext> serializer, Func<DeserializationContext, T> deserializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(deserializer);
        ContextualSerializer = serializer;
        ContextualDeserializer = deserializer;
        // As in the real package: a marshaller over buffers has no array form.
        Serializer = static _ => throw new NotSupportedException("This marshaller has only a contextual serializer.");
        Deserializer = static _ => throw new NotSupportedException("This marshaller has only a contextual deserializer.");
    }

    /// <summary>Message to array.</summary>
    public Func<T, byte[]> Serializer { get; }

    /// <summary>Array to message.</summary>
    public Func<byte[], T> Deserializer { get; }

    /// <summary>Message to buffer.</summary>
    public Action<T, SerializationContext> ContextualSerializer { get; }

    /// <summary>Buffer to message.</summary>
    public Func<DeserializationContext, T> ContextualDeserializer { get; }
}

/// <summary>Makes marshallers; called by generated code.</summary>
public static class Marshallers
{
    /// <summary>UTF-8 text.</summary>
    public static Marshaller<string> StringMarshaller => new(Encoding.UTF8.GetBytes, Encoding.UTF8.GetString);

    /// <summary>From functions over whole arrays.</summary>
    public static Marshaller<T> Create<T>(Func<T, byte[]> serializer, Func<byte[], T> deserializer) => new(serializer, deserializer);

    /// <summary>From functions over buffers.</summary>
    public static Marshaller<T> Create<T>(Action<T, SerializationContext> serializer, Func<DeserializationContext, T> deserializer) => new(serializer, deserializer);
}
