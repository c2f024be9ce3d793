using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace AiMesh.ServiceDefaults.Errors;

/// <summary>A value, or the expected failure that stands in its place.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Result<T>
{
    private readonly T? _value;
    private readonly MeshError? _error;
    private readonly bool _isSet;

    private Result(T? value, MeshError? error) => (_value, _error, _isSet) = (value, error, true);

    /// <summary>True when there is a value.</summary>
    public bool IsOk => _isSet && _error is null;

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">There is an error instead.</exception>
    public T Value => IsOk ? _value! : throw new InvalidOperationException($"There is no value but an error: {Error.Reason}.");

    /// <summary>The error.</summary>
    /// <exception cref="InvalidOperationException">There is a value instead, or the result was never set.</exception>
    public MeshError Error => _error ?? throw new InvalidOperationException(_isSet ? "There is no error but a value." : "The result was never set.");

    /// <summary>A result with a value.</summary>
    public static implicit operator Result<T>(T value) => new(value, null);

    /// <summary>A result with an error.</summary>
    public static implicit operator Result<T>(MeshError error) => new(default, error ?? throw new ArgumentNullException(nameof(error)));

    /// <summary>Goes on with whichever there is.</summary>
    public TOut Match<TOut>(Func<T, TOut> ok, Func<MeshError, TOut> failed)
    {
        ArgumentNullException.ThrowIfNull(ok);
        ArgumentNullException.ThrowIfNull(failed);
        return IsOk ? ok(_value!) : failed(Error);
    }

    /// <summary>Goes on with the value, or keeps the error.</summary>
    public Result<TOut> Then<TOut>(Func<T, Result<TOut>> next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return IsOk ? next(_value!) : Error;
    }

    /// <summary>Takes the one that is there: true and the value, or false and the error.</summary>
    public bool TryGet([MaybeNullWhen(false)] out T value, [NotNullWhen(false)] out MeshError? error)
    {
        value = _value;
        error = IsOk ? null : Error;
        return IsOk;
    }

    /// <summary>At the gRPC boundary: the value, or the error as an exception that the caller sees as google.rpc.Status.</summary>
    /// <exception cref="Grpc.Core.RpcException">There is an error.</exception>
    public T OrThrow() => IsOk ? _value! : throw Error.ToRpcException();
}
