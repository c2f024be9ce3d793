using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a serializer puts a message. The engine implements it; what it does not override is not supported.</summary>
public abstract class SerializationContext
{
    /// <summary>Hands over the whole message; once only.</summary>
    public virtual void Complete(byte[] payload) => throw new NotSupportedException("Complete(byte[]) is not supported by this context.");

    /// <summary>Ends a message written to <see cref="GetBufferWriter"/>; once only.</summary>
    public virtual void Complete() => throw new NotSupportedException("Complete() is not supported by this context.");

    /// <summary>Where to write the message before <see cref="Complete()"/>.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotSupportedException("GetBufferWriter() is not supported by this context.");

    /// <summary>Tells the exact length in bytes beforehand, which saves copies. Optional.</summary>
    public virtual void SetPayloadLength(int payloadLength)
    {
    }
}

/// <summary>Where a deserializer finds a message. The engine implements it; what it does not override is not supported.</summary>
public abstract class DeserializationContext
{
    /// <summary>Length in bytes.</summary>
    public abstract int PayloadLength { get; }

    /// <summary>The message in an array of its own.</summary>
    public virtual byte[] PayloadAsNewBuffer() => throw new NotSupportedException("PayloadAsNewBuffer() is not supported by this context.");

    /// <summary>The message in the engine's memory, valid until the deserializer returns.</summary>
    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => throw new NotSupportedException("PayloadAsReadOnlySequence() is not supported by this context.");
}
